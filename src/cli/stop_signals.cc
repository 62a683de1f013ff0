#include "cli/stop_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

namespace plimsoll::cli {
namespace {

constexpr int kInterrupted = 130;
constexpr long kLookEveryNanos = 50'000'000;

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals(std::function<void()> on_stop) : on_stop_(std::move(on_stop)) {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  watcher_ = std::thread([this] { watch(); });
}

StopSignals::~StopSignals() {
  over_.store(true);
  watcher_.join();
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void StopSignals::watch() {
  const sigset_t set = stop_set();
  const timespec pause{.tv_sec = 0, .tv_nsec = kLookEveryNanos};
  while (!over_.load()) {
    if (sigtimedwait(&set, nullptr, &pause) < 0) continue;
    if (stopped_.exchange(true)) ::_exit(kInterrupted);
    on_stop_();
  }
}

}  // namespace plimsoll::cli
