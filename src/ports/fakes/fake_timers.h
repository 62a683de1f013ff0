#pragma once

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <vector>

#include "ports/timers.h"

namespace plimsoll::ports {

/// A clock that moves only when a test moves it. One thread.
class FakeTimers final : public Timers {
 public:
  /// When set, a sleep moves the clock to its end by itself and returns at once,
  /// so that a test can drive sleeping code with Task::run_ready.
  bool jump = false;

  Deadline now() const noexcept override { return now_; }
  WallTime wall_now() const noexcept override {
    return WallTime{std::chrono::seconds{1'767'225'600}} + (now_ - kStart);  // 2026-01-01
  }

  Task<Result<void>> sleep_until(Deadline when, CancelToken cancel) override {
    Sleep sleep(*this, when, cancel);
    co_return co_await sleep;
  }

  /// Moves the clock forward, stopping at the end of each sleep on the way and
  /// resuming its owner there, in order. Zero resumes what was cancelled.
  void advance(std::chrono::nanoseconds by) {
    const Deadline target = now_ + by;
    while (Sleep* next = next_until(target)) {
      now_ = std::max(now_, next->cancelled ? now_ : next->when);
      std::erase(sleeps_, next);
      next->waiter.resume();
    }
    now_ = std::max(now_, target);
  }

  std::size_t sleeping() const noexcept { return sleeps_.size(); }

 private:
  static constexpr Deadline kStart = Deadline{} + std::chrono::hours{1};

  /// Lives in the frame of sleep_until.
  struct Sleep {
    Sleep(FakeTimers& owner, Deadline end, CancelToken token)
        : timers(owner), when(end), cancel(token) {}
    Sleep(const Sleep&) = delete;
    Sleep& operator=(const Sleep&) = delete;
    ~Sleep() { std::erase(timers.sleeps_, this); }

    bool await_ready() noexcept {
      cancelled = cancel.cancelled();
      if (!cancelled && timers.jump) timers.now_ = std::max(timers.now_, when);
      return cancelled || when <= timers.now_;
    }
    void await_suspend(std::coroutine_handle<> handle) {
      waiter = handle;
      timers.sleeps_.push_back(this);
      cancel.subscribe(
          callback, [](void* self, CancelReason) { static_cast<Sleep*>(self)->cancelled = true; },
          this);
    }
    Result<void> await_resume() const {
      if (cancelled) return fail(ErrorKind::cancelled, "the wait was cancelled");
      return {};
    }

    FakeTimers& timers;
    Deadline when;
    CancelToken cancel;
    CancelCallback callback;
    std::coroutine_handle<> waiter;
    bool cancelled = false;
  };

  /// The sleep to resume next: cancelled ones first, then the soonest; the older
  /// one among equals.
  Sleep* next_until(Deadline target) const {
    Sleep* best = nullptr;
    for (Sleep* sleep : sleeps_) {
      if (sleep->cancelled) return sleep;
      if (sleep->when <= target && (best == nullptr || sleep->when < best->when)) best = sleep;
    }
    return best;
  }

  Deadline now_ = kStart;
  std::vector<Sleep*> sleeps_;  // in the order they began
};

}  // namespace plimsoll::ports
