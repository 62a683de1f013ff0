#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"

namespace plimsoll::net {

class Poller;

/// A descriptor's place in a loop's epoll set. Does not own the descriptor, must
/// stay where it is and end before the descriptor is closed; destroying it ends it.
class Registration {
 public:
  /// Called from the loop's top level with what epoll has seen. May do anything,
  /// destroying this too.
  using Run = void (*)(void* self, std::uint32_t events);

  Registration() = default;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { end(); }

  /// `events` as for epoll_ctl(2); with EPOLLET a descriptor is registered once
  /// for its life and costs no further system call.
  ///
  /// Errors: io_failed (the kernel has no room for another watch).
  [[nodiscard]] Result<void> begin(Poller& poller, int fd, std::uint32_t events, Run run,
                                   void* self);
  /// Watches for something else.
  void change(std::uint32_t events) noexcept;
  /// Calls `run` with `events` after what the poller sees next: a turn for others.
  void again(std::uint32_t events);
  /// Nothing is called any more, not even for what has been seen already.
  void end() noexcept;

  bool begun() const noexcept { return poller_ != nullptr; }

 private:
  friend class Poller;
  Poller* poller_ = nullptr;
  int fd_ = -1;
  Run run_ = nullptr;
  void* self_ = nullptr;
};

/// One loop's epoll set. Not thread-safe.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Waits up to `milliseconds` (-1: for ever, 0: not at all) for something to come.
  void wait(int milliseconds);
  /// Runs what came, then those that asked to be called again.
  void dispatch();

  /// Somebody asked to be called again, so `poll` should not wait.
  bool has_work() const noexcept { return !again_.empty(); }

 private:
  friend class Registration;
  void forget(const Registration& registration) noexcept;
  static void run(const epoll_event& event);
  void run_again();

  static constexpr std::size_t kEventsAtOnce = 256;

  int fd_;
  std::array<epoll_event, kEventsAtOnce> events_;
  std::size_t next_ = 0, count_ = 0;  // of events_: those that have not run yet
  std::vector<epoll_event> again_, running_;
};

}  // namespace plimsoll::net
