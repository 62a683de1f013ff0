#include "net/internal/loop_impl.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace plimsoll::net {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Loop::Impl::Impl() : wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  auto watched = wake_registration_.begin(
      poller, wake_fd_, EPOLLIN,
      [](void* self, std::uint32_t) {
        std::uint64_t times = 0;
        static_cast<void>(::read(static_cast<Impl*>(self)->wake_fd_, &times, sizeof times));
      },
      this);
  if (watched) return;
  std::fprintf(stderr, "plimsoll: an event loop cannot be made: %s\n",
               watched.error().what.c_str());
  std::abort();
}

Loop::Impl::~Impl() {
  wake_registration_.end();
  timer_registration_.end();
  ::close(wake_fd_);
  if (timer_fd_ >= 0) ::close(timer_fd_);
}

void Loop::Impl::run() {
  turn_began = Clock::now();
  while (!stopped_.load(std::memory_order_acquire)) {
    poller.wait(wait_in_millis());
    if (stopped_.load(std::memory_order_acquire)) return;  // what is left is not run
    turn_began = Clock::now();
    if (turn_began >= wheel_due_) run_due();
    poller.dispatch();
    run_posted();
  }
}

void Loop::Impl::run_due() {
  lag = turn_began - wheel_due_;
  wheel.advance(turn_began);
  wheel_due_ = wheel.wake_at();
}

/// How long the poller may wait, rounded up: a timer never runs early. The turn's
/// own length makes it late by that much, which is less than a tick.
int Loop::Impl::wait_in_millis() const noexcept {
  if (!here_.empty() || poller.has_work()) return 0;
  if (wheel_due_ == kNoDeadline) return -1;
  const auto rest =
      std::chrono::ceil<milliseconds>(std::max(wheel_due_ - turn_began, nanoseconds(0)));
  constexpr auto most = milliseconds(std::numeric_limits<int>::max());
  return static_cast<int>(std::min(rest, most).count());
}

void Loop::Impl::stop() noexcept {
  stopped_.store(true, std::memory_order_release);
  wake();
}

void Loop::Impl::wake() noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_fd_, &one, sizeof one));
}

void Loop::Impl::post(Work work) {
  {
    const std::lock_guard lock(elsewhere_mutex_);
    elsewhere_.push_back(std::move(work));
  }
  // One wake-up for all that is posted before the loop looks.
  if (!woken_.exchange(true, std::memory_order_acq_rel)) wake();
}

/// What is posted meanwhile has its turn after the poller's.
void Loop::Impl::run_posted() {
  if (woken_.load(std::memory_order_acquire)) {
    woken_.store(false, std::memory_order_release);
    const std::lock_guard lock(elsewhere_mutex_);
    std::move(elsewhere_.begin(), elsewhere_.end(), std::back_inserter(here_));
    elsewhere_.clear();
  }
  running_.swap(here_);
  for (Work& work : running_) work();
  running_.clear();
}

Loop::Impl::ExactTimers::iterator Loop::Impl::arm_exact(Deadline when, ExactEntry entry) {
  const auto timer = exact_.emplace(when, entry);
  if (timer == exact_.begin()) set_exact_timer();
  return timer;
}

void Loop::Impl::set_exact_timer() noexcept {
  if (timer_fd_ < 0) {
    timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    static_cast<void>(timer_registration_.begin(
        poller, timer_fd_, EPOLLIN,
        [](void* self, std::uint32_t) { static_cast<Impl*>(self)->run_exact(); }, this));
  }
  // A zero would disarm it.
  const auto when = std::max(exact_.begin()->first.time_since_epoch(), nanoseconds(1));
  const auto whole = std::chrono::floor<std::chrono::seconds>(when);
  const itimerspec setting{
      .it_interval = {},
      .it_value = {.tv_sec = whole.count(), .tv_nsec = nanoseconds(when - whole).count()}};
  ::timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &setting, nullptr);
}

void Loop::Impl::run_exact() {
  std::uint64_t times = 0;
  static_cast<void>(::read(timer_fd_, &times, sizeof times));
  const Deadline now = Clock::now();
  while (!exact_.empty() && exact_.begin()->first <= now) {
    const ExactEntry entry = exact_.begin()->second;
    exact_.erase(exact_.begin());
    entry.run(entry.self);
  }
  if (!exact_.empty()) set_exact_timer();
}

}  // namespace plimsoll::net
