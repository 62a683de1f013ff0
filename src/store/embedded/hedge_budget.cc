#include "store/embedded/hedge_budget.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::store {

void HedgeBudget::pass_time(Deadline now) noexcept {
  constexpr double kHalfLifeSeconds = 10;
  if (now <= last_) return;
  const double seconds = std::chrono::duration<double>(now - last_).count();
  const double left = std::exp2(-seconds / kHalfLifeSeconds);
  last_ = now;
  traffic_ *= left;
  hedges_ *= left;
}

void HedgeBudget::note_traffic(Deadline now) noexcept {
  pass_time(now);
  traffic_ += 1;
}

bool HedgeBudget::take(double share, Deadline now) noexcept {
  // Rounded, so that the share is kept on average and not only as a bound.
  pass_time(now);
  if (hedges_ + 0.5 > std::max(share * traffic_, 1.0)) return false;
  hedges_ += 1;
  return true;
}

}  // namespace plimsoll::store
