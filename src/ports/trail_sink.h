#pragma once

#include <memory>

#include "model/trail.h"

namespace plimsoll::ports {

/// Takes the finished record of a call: ledger, metrics and log are projections.
class TrailSink {
 public:
  virtual ~TrailSink() = default;

  /// Never blocks and never fails: what cannot be kept is counted by the sink.
  /// Called on the call's loop, once per trail; the trail does not change again.
  virtual void take(const std::shared_ptr<const Trail>& trail) noexcept = 0;
};

}  // namespace plimsoll::ports
