#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/scope.h"
#include "base/task.h"
#include "base/time.h"

namespace plimsoll::net {

/// One thread's event loop: sockets, timers, posted work. Everything bound to a
/// loop (connections, pools, calls) is touched only on its thread.
class Loop {
 public:
  Loop(std::size_t index);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// The loop this thread runs. A bug to ask elsewhere.
  static Loop& current() noexcept;
  static Loop* current_or_null() noexcept;

  std::size_t index() const noexcept { return index_; }

  /// Runs until `stop`; binds `current` for the while.
  void run();
  void stop();  // thread-safe

  /// Runs `work` on the loop soon. Thread-safe.
  void post(std::function<void()> work);

  /// Coarse: returns at `when` or up to 20 ms later. O(1) to start and to end.
  ///
  /// Errors
  ///   cancelled   `cancel` came first
  [[nodiscard]] Task<Result<void>> sleep_until(Deadline when, CancelToken cancel);

  /// Exact to the kernel's timer, for generators of load; costs system calls.
  [[nodiscard]] Task<Result<void>> sleep_until_exact(Deadline when, CancelToken cancel);

  /// How late the loop's last timer tick was: the loop lag.
  std::chrono::nanoseconds lag() const noexcept;

  struct Impl;  // the poller, the timer wheel, what was posted; net only
  Impl& impl() noexcept { return *impl_; }

 private:
  std::size_t index_;
  std::unique_ptr<Impl> impl_;
};

/// `count` loops, each on a thread of its own.
class LoopGroup {
 public:
  explicit LoopGroup(std::size_t count);
  ~LoopGroup();  // stops and joins

  std::size_t size() const noexcept { return loops_.size(); }
  Loop& at(std::size_t index) noexcept { return *loops_[index]; }
  void start();
  void stop();

  /// Starts `work(loop)` on the loop and waits, blocking this thread, until the
  /// task has ended. For main threads and tests; never on a loop.
  void run_on(std::size_t index, std::function<Task<void>(Loop&)> work);

 private:
  struct Threads;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<Threads> threads_;
};

/// min(CPU affinity, cgroup v2/v1 quota rounded up), at least 1.
std::size_t usable_cpus();

}  // namespace plimsoll::net
