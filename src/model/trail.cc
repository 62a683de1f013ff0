#include "model/trail.h"

#include <algorithm>

namespace plimsoll {

Usage Trail::usage_total() const noexcept {
  Usage sum;
  for (const AttemptTrail& attempt : attempts) {
    if (!attempt.usage) continue;
    sum.input += attempt.usage->input;
    sum.output += attempt.usage->output;
    sum.cached_input += attempt.usage->cached_input;
    sum.cache_write_input += attempt.usage->cache_write_input;
    sum.reasoning_output += attempt.usage->reasoning_output;
  }
  return sum;
}

const AttemptTrail& Trail::answered_by() const noexcept {
  const auto last = std::find_if(attempts.rbegin(), attempts.rend(),
                                 [](const AttemptTrail& one) { return !one.error; });
  return last == attempts.rend() ? attempts.back() : *last;
}

std::optional<Money> Trail::cost_total() const noexcept {
  Money sum;
  for (const AttemptTrail& attempt : attempts) {
    if (!attempt.cost) return std::nullopt;
    sum += *attempt.cost;
  }
  return sum;
}

}  // namespace plimsoll
