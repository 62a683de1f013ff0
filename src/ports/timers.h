#pragma once

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace plimsoll::ports {

/// Time as the pipeline sees it. Thread-safe; a wait resumes on the loop it
/// began on.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual Deadline now() const noexcept = 0;
  virtual WallTime wall_now() const noexcept = 0;

  /// Returns at `when` or up to 20 ms later.
  ///
  /// Errors
  ///   cancelled   `cancel` came first
  [[nodiscard]] virtual Task<Result<void>> sleep_until(Deadline when, CancelToken cancel) = 0;
};

}  // namespace plimsoll::ports
