#include "stages/internal/climb_rules.h"

#include <algorithm>

namespace plimsoll::stages {

using std::chrono::nanoseconds;

milliseconds backoff(const RetryRules& rules, int retry, std::uint64_t random) noexcept {
  constexpr int kMostDoublings = 20;
  const auto doublings = static_cast<unsigned>(std::clamp(retry, 0, kMostDoublings));
  const auto ceiling = std::min(rules.backoff_max.count(),
                                rules.backoff_base.count() * (std::int64_t{1} << doublings));
  if (ceiling <= 0) return milliseconds{0};
  return milliseconds{
      static_cast<std::int64_t>(random % (static_cast<std::uint64_t>(ceiling) + 1))};
}

Deadline release(Deadline now, Deadline until, std::uint64_t random) noexcept {
  constexpr nanoseconds kSpreadMax = std::chrono::seconds{1};
  constexpr int kShare = 4;
  if (until <= now) return now;
  const nanoseconds spread = std::min(kSpreadMax, nanoseconds(until - now) / kShare);
  const auto steps = static_cast<std::uint64_t>(spread.count()) + 1;
  return until + nanoseconds(static_cast<std::int64_t>(random % steps));
}

bool worth_waiting(const ports::Admission& admission, const Patience& patience) noexcept {
  if (admission.answer != ports::Admission::Answer::cooling) return false;
  if (admission.until >= patience.deadline) return false;
  const nanoseconds wait = admission.until - patience.now;
  if (wait > patience.rules.wait_max) return false;
  if (!patience.another_rung) return true;
  return admission.refusals < 2 && wait <= patience.rules.backoff_max;
}

bool is_paced(const Error& error) noexcept {
  // The wait of a budget is its holder's: the target serves everybody else.
  if (error.kind == ErrorKind::budget_exhausted || error.kind == ErrorKind::cost_ceiling)
    return false;
  return error.kind == ErrorKind::upstream_rate_limited ||
         error.kind == ErrorKind::upstream_ramping ||
         error.retry_after.value_or(milliseconds{0}) > milliseconds{0};
}

bool is_silence(ErrorKind kind) noexcept {
  return kind == ErrorKind::upstream_timeout_connect ||
         kind == ErrorKind::upstream_timeout_headers ||
         kind == ErrorKind::upstream_timeout_first_token ||
         kind == ErrorKind::upstream_timeout_idle;
}

bool is_final(ErrorKind kind) noexcept {
  return kind == ErrorKind::upstream_request_invalid ||
         kind == ErrorKind::upstream_content_filtered || kind == ErrorKind::reply_refused;
}

bool is_our_refusal(ErrorKind kind) noexcept {
  return kind == ErrorKind::cost_ceiling || kind == ErrorKind::token_ceiling ||
         kind == ErrorKind::budget_exhausted || kind == ErrorKind::price_unknown;
}

}  // namespace plimsoll::stages
