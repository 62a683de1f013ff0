#pragma once

#include "base/time.h"
#include "model/plan.h"

namespace plimsoll::store {

/// How many re-sends one target's traffic may cause: a share of the attempts of
/// the last ten seconds or so, and a few a second in any case. Not thread-safe.
class ResendBudget {
 public:
  /// A first attempt was sent.
  void note_traffic(const ResendRules& rules, Deadline now) noexcept;

  /// Takes one re-send; false when there is none.
  bool take(const ResendRules& rules, Deadline now) noexcept;

 private:
  void pass_time(const ResendRules& rules, Deadline now) noexcept;

  double earned_ = 0;  // by traffic; fades with a half-life of ten seconds
  double floor_ = 0;   // by time; at most one second's worth
  Deadline last_{};
  bool begun_ = false;
};

}  // namespace plimsoll::store
