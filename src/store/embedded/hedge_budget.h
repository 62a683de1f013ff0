#pragma once

#include "base/time.h"

namespace plimsoll::store {

/// How many second attempts beside slow ones a target's traffic may cause: a share
/// of the attempts of the last ten seconds or so, and one in ten seconds at least.
/// Not thread-safe.
class HedgeBudget {
 public:
  /// An attempt was sent that is no hedge.
  void note_traffic(Deadline now) noexcept;

  /// Takes one; false when there is none. `share` may differ from call to call.
  bool take(double share, Deadline now) noexcept;

 private:
  void pass_time(Deadline now) noexcept;

  double traffic_ = 0, hedges_ = 0;  // both fade with a half-life of ten seconds
  Deadline last_{};
};

}  // namespace plimsoll::store
