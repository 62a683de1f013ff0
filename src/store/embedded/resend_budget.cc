#include "store/embedded/resend_budget.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace plimsoll::store {
namespace {

constexpr double kHalfLifeSeconds = 10;
constexpr double kRounding = 1e-9;  // five fifths make one

}  // namespace

void ResendBudget::pass_time(const ResendRules& rules, Deadline now) noexcept {
  const double most = std::max(1.0, rules.per_second);
  if (!begun_) {
    begun_ = true;
    floor_ = rules.per_second > 0 ? most : 0;
    last_ = now;
  }
  if (now <= last_) return;
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  earned_ *= std::exp2(-seconds / kHalfLifeSeconds);
  floor_ = std::min(rules.per_second > 0 ? most : 0, floor_ + rules.per_second * seconds);
}

void ResendBudget::note_traffic(const ResendRules& rules, Deadline now) noexcept {
  pass_time(rules, now);
  earned_ += rules.share;
}

bool ResendBudget::take(const ResendRules& rules, Deadline now) noexcept {
  pass_time(rules, now);
  double& from = floor_ >= 1 ? floor_ : earned_;
  if (from < 1 - kRounding) return false;
  from -= 1;
  return true;
}

}  // namespace plimsoll::store
