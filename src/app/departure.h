#pragma once

#include "base/cancel.h"
#include "base/scope.h"
#include "model/call.h"
#include "ports/timers.h"

namespace plimsoll::app {

/// What a call whose feature says `drain` or `complete` goes on under when its
/// client leaves. One per call, on its loop; must outlive all that holds `work`.
/// The end of a drain stops the call in every mode, before and after.
class Departure {
 public:
  /// `client` is cancelled when the client goes, `drain_over` when the server may wait
  /// no longer. Sets `call.cancel`.
  Departure(Call& call, CancelToken client, CancelToken drain_over, ports::Timers& timers);
  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;

  /// Runs `work`, the whole rest of the call. Must be awaited, once.
  Task<void> see_through(Task<void> work);

 private:
  static void on_gone(void* self, CancelReason reason);
  static Task<void> stop_later(Outlives<Departure> departure);

  CancelSource work_, over_;
  CancelCallback gone_;
  Scope scope_;
  DisconnectRules rules_;
  std::shared_ptr<Allowance> allowance_;
  ports::Timers& timers_;
};

}  // namespace plimsoll::app
