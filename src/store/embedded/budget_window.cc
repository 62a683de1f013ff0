#include "store/embedded/budget_window.h"

#include <chrono>

namespace plimsoll::store {
namespace {

using std::chrono::nanoseconds;
constexpr std::int64_t kRollingBuckets = 60;

nanoseconds length_of(BudgetPeriod period) noexcept {
  using namespace std::chrono_literals;
  switch (period) {
    case BudgetPeriod::minute: return 1min;
    case BudgetPeriod::hour: return 1h;
    case BudgetPeriod::day: return 24h;
    case BudgetPeriod::month: return 30 * 24h;
  }
  return 24h;
}

BudgetWindow calendar_month(WallTime now) noexcept {
  using namespace std::chrono;
  const year_month_day date(floor<days>(now));
  const year_month month(date.year(), date.month());
  const std::int64_t bucket =
      std::int64_t{static_cast<int>(month.year())} * 12 + static_cast<unsigned>(month.month());
  return {.bucket = bucket, .oldest = bucket, .next = sys_days((month + months(1)) / day(1))};
}

}  // namespace

BudgetWindow window_of(const BudgetRule& rule, WallTime now) noexcept {
  if (!rule.rolling && rule.period == BudgetPeriod::month) return calendar_month(now);
  const nanoseconds step = length_of(rule.period) / (rule.rolling ? kRollingBuckets : 1);
  const std::int64_t bucket = now.time_since_epoch() / step;
  return {.bucket = bucket,
          .oldest = rule.rolling ? bucket - kRollingBuckets : bucket,
          .next = WallTime{(bucket + 1) * step}};
}

WallTime counts_from(const BudgetRule& rule, WallTime now) noexcept {
  constexpr std::int64_t kLongestMonth = 31;
  const nanoseconds length = length_of(rule.period);
  if (rule.period == BudgetPeriod::month && !rule.rolling)
    return now - kLongestMonth * std::chrono::hours(24);
  return now - length - length / kRollingBuckets;
}

}  // namespace plimsoll::store
