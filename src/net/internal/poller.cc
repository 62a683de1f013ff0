#include "net/internal/poller.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace plimsoll::net {

Result<void> Registration::begin(Poller& poller, int fd, std::uint32_t events, Run run,
                                 void* self) {
  epoll_event wanted{.events = events, .data = {.ptr = this}};
  if (::epoll_ctl(poller.fd_, EPOLL_CTL_ADD, fd, &wanted) != 0) {
    return fail(ErrorKind::io_failed,
                "the socket cannot be watched: " + std::generic_category().message(errno));
  }
  poller_ = &poller;
  fd_ = fd;
  run_ = run;
  self_ = self;
  return {};
}

void Registration::change(std::uint32_t events) noexcept {
  epoll_event wanted{.events = events, .data = {.ptr = this}};
  if (poller_ != nullptr) ::epoll_ctl(poller_->fd_, EPOLL_CTL_MOD, fd_, &wanted);
}

void Registration::again(std::uint32_t events) {
  if (poller_ != nullptr) poller_->again_.push_back({.events = events, .data = {.ptr = this}});
}

void Registration::end() noexcept {
  if (poller_ == nullptr) return;
  ::epoll_ctl(poller_->fd_, EPOLL_CTL_DEL, fd_, nullptr);
  poller_->forget(*this);
  poller_ = nullptr;
}

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ >= 0) return;
  std::perror("plimsoll: epoll_create1");  // without it nothing can run
  std::abort();
}

Poller::~Poller() { ::close(fd_); }

void Poller::wait(int milliseconds) {
  const int seen =
      ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  count_ = seen > 0 ? static_cast<std::size_t>(seen) : 0;  // less: a signal
}

void Poller::dispatch() {
  for (next_ = 0; next_ < count_;) run(epoll_event(events_[next_++]));
  next_ = count_ = 0;
  if (!again_.empty()) run_again();
}

void Poller::run(const epoll_event& event) {
  const auto* registration = static_cast<const Registration*>(event.data.ptr);
  if (registration != nullptr) registration->run_(registration->self_, event.events);
}

void Poller::run_again() {
  running_.swap(again_);
  for (std::size_t i = 0; i < running_.size(); ++i) run(epoll_event(running_[i]));
  running_.clear();
}

void Poller::forget(const Registration& registration) noexcept {
  const auto drop = [&registration](epoll_event& event) {
    if (event.data.ptr == &registration) event.data.ptr = nullptr;
  };
  std::for_each(events_.begin() + static_cast<std::ptrdiff_t>(next_),
                events_.begin() + static_cast<std::ptrdiff_t>(count_), drop);
  std::for_each(again_.begin(), again_.end(), drop);
  std::for_each(running_.begin(), running_.end(), drop);
}

}  // namespace plimsoll::net
