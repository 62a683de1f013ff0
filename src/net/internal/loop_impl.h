#pragma once

#include <atomic>
#include <coroutine>
#include <map>
#include <mutex>
#include <vector>

#include "net/internal/poller.h"
#include "net/internal/timer_wheel.h"
#include "net/loop.h"

namespace plimsoll::net {

/// A wait for a moment that is exact to the kernel's timer.
struct ExactEntry {
  void (*run)(void* self);
  void* self;
};

/// What a loop is made of. Only for files of net.
struct Loop::Impl {
  Impl();
  ~Impl();

  /// Turns until `stop`: what the poller saw, what was posted, what is due.
  void run();
  void stop() noexcept;

  using Work = std::function<void()>;
  /// From any thread.
  void post(Work work);
  /// From this loop's thread: without a lock.
  void post_here(Work work) { here_.push_back(std::move(work)); }
  void resume_soon(std::coroutine_handle<> waiter) {
    here_.push_back([waiter] { waiter.resume(); });
  }

  /// Coarse timeout: O(1), no allocation, no system call. `run` is called from
  /// the loop's top level.
  void arm(TimerEntry& entry, Deadline when, TimerEntry::Run run, void* self) {
    if (wheel.arm(entry, when, run, self)) wheel_due_ = wheel.wake_at();
  }

  using ExactTimers = std::multimap<Deadline, ExactEntry>;
  ExactTimers::iterator arm_exact(Deadline when, ExactEntry entry);
  void disarm_exact(ExactTimers::iterator timer) noexcept { exact_.erase(timer); }

  Poller poller;
  TimerWheel wheel;
  std::chrono::nanoseconds lag{0};
  /// When this turn of the loop began: the time for whoever can be a turn late.
  Deadline turn_began{};

 private:
  void wake() noexcept;
  void run_posted();
  void run_due();
  int wait_in_millis() const noexcept;
  void set_exact_timer() noexcept;
  void run_exact();

  Deadline wheel_due_ = kNoDeadline;
  std::atomic<bool> stopped_ = false, woken_ = false;
  int wake_fd_, timer_fd_ = -1;
  Registration wake_registration_, timer_registration_;
  std::mutex elsewhere_mutex_;
  std::vector<Work> elsewhere_;  // posted by other threads; under the mutex
  std::vector<Work> here_, running_;
  ExactTimers exact_;
};

}  // namespace plimsoll::net
