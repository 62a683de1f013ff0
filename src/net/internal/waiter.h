#pragma once

#include <coroutine>

#include "net/internal/loop_impl.h"

namespace plimsoll::net {

/// One coroutine's wait for one event, with a deadline and a cancellation.
/// Whatever comes first settles it. On one loop; must stay where it is.
class Waiter {
 public:
  enum class Outcome : unsigned char { none, woken, deadline, cancelled };

  explicit Waiter(Loop& loop) noexcept : loop_(loop) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// True if this woke it; false if it was settled before. Resumes through the
  /// loop's queue, so the caller goes on first. May come before the wait.
  bool wake() { return settle(Outcome::woken); }

  bool settled() const noexcept { return outcome_ != Outcome::none; }

  /// `co_await waiter.wait(deadline, cancel)`: an Outcome, never none.
  auto wait(Deadline deadline, CancelToken cancel) noexcept {
    struct Awaiter {
      Waiter& waiter;
      Deadline deadline;
      CancelToken cancel;
      bool await_ready() const noexcept { return waiter.settled(); }
      bool await_suspend(std::coroutine_handle<> handle) const {
        return waiter.begin(handle, deadline, cancel);
      }
      Outcome await_resume() const noexcept { return waiter.outcome_; }
    };
    return Awaiter{*this, deadline, cancel};
  }

 private:
  bool begin(std::coroutine_handle<> handle, Deadline deadline, CancelToken cancel) {
    if (cancel.cancelled()) {
      outcome_ = Outcome::cancelled;
      return false;
    }
    handle_ = handle;
    if (deadline != kNoDeadline) loop_.impl().arm(timer_, deadline, &Waiter::due, this);
    cancel.subscribe(callback_, &Waiter::cancelled, this);
    return true;
  }

  bool settle(Outcome outcome) {
    if (settled()) return false;
    outcome_ = outcome;
    timer_.unlink();
    callback_.unlink();
    if (handle_) loop_.impl().resume_soon(handle_);
    return true;
  }
  static void due(void* self) { static_cast<Waiter*>(self)->settle(Outcome::deadline); }
  static void cancelled(void* self, CancelReason) {
    static_cast<Waiter*>(self)->settle(Outcome::cancelled);
  }

  Loop& loop_;
  Outcome outcome_ = Outcome::none;
  std::coroutine_handle<> handle_{};
  TimerEntry timer_;
  CancelCallback callback_;
};

/// The error of a wait that was not woken.
inline std::unexpected<Error> not_woken(Waiter::Outcome outcome, std::string_view waiting_for) {
  const bool late = outcome == Waiter::Outcome::deadline;
  return fail(
      late ? ErrorKind::deadline_exceeded : ErrorKind::cancelled,
      std::string(waiting_for) + (late ? " was not done before the deadline" : " was cancelled"));
}

}  // namespace plimsoll::net
