#pragma once

#include "model/call.h"
#include "model/event.h"

namespace plimsoll::ports {

/// The way out of the building.
class Upstream {
 public:
  virtual ~Upstream() = default;

  /// Sends the call's request to call.target and returns when the head of a
  /// successful answer is in (status 2xx); its events are pulled from the Reply.
  /// Fills the transport fields of the call's AttemptTrail. Honours
  /// call.attempt_deadline and call.cancel, also while events are pulled.
  ///
  /// Errors: the upstream_* kinds, deadline_exceeded, cancelled. An HTTP error
  /// answer is an Error with `remote` set.
  [[nodiscard]] virtual Task<Result<Reply>> send(const Call& call) = 0;
};

}  // namespace plimsoll::ports
