#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace plimsoll::cli {

/// Turns SIGINT and SIGTERM into a call of `on_stop`, once, on a thread of its own;
/// a second signal ends the process at once. Make it before any other thread, so
/// that all inherit the blocked signals; at its end they are free again.
class StopSignals {
 public:
  explicit StopSignals(std::function<void()> on_stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool stopped() const noexcept { return stopped_.load(); }

 private:
  void watch();

  std::function<void()> on_stop_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> over_{false};
  std::thread watcher_;
};

}  // namespace plimsoll::cli
