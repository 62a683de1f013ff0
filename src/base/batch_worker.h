#pragma once

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace plimsoll {

struct BatchRules {
  std::chrono::nanoseconds interval{std::chrono::milliseconds{200}};  // between two batches
  std::size_t waiting_max = 65'536;  // items not yet written; beyond it they are dropped
};

/// Takes items from many threads without making them wait and writes them on a
/// thread of its own, a batch per interval.
///
/// `push` costs a short lock that only the writer ever shares, and a wake-up at
/// most once per interval (and once more when half of the room is used).
/// Thread-safe. Destruction writes what is there, then stops.
template <class Item>
class BatchWorker {
 public:
  /// Writes the items, all of them or none; false: none, try again with the
  /// next batch. Runs on the worker's thread.
  using Write = std::function<bool(std::span<const Item>)>;

  BatchWorker(BatchRules rules, Write write)
      : rules_(rules), write_(std::move(write)), thread_(start()) {}
  BatchWorker(const BatchWorker&) = delete;
  BatchWorker& operator=(const BatchWorker&) = delete;
  ~BatchWorker() { stop(); }

  /// False when there is no room: the item is dropped and counted.
  bool push(Item item) noexcept {
    const std::size_t waiting = waiting_.fetch_add(1) + 1;
    if (waiting > rules_.waiting_max) {
      waiting_.fetch_sub(1);
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    {
      Lane& lane = lanes_[lane_of_this_thread()];
      const std::lock_guard lock(lane.mutex);
      lane.items.push_back(std::move(item));
    }
    if (asleep_.load() && asleep_.exchange(false)) wake();
    if (waiting == rules_.waiting_max / 2 + 1) hurry();
    return true;
  }

  /// Waits until everything pushed before is written, or one try to write it
  /// has failed; says which. Never on a loop.
  bool flush() {
    std::unique_lock lock(mutex_);
    if (stopping_) return waiting_ == 0;
    const std::uint64_t mine = ++flushes_asked_;
    wake_.notify_one();
    done_.wait(lock, [&] { return flushes_done_ >= mine; });
    return last_write_worked_;
  }

  /// Writes what is there and ends the thread. Later pushes are dropped unseen.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) Lane {
    std::mutex mutex;
    std::vector<Item> items;
  };
  static constexpr std::size_t kLanes = 32;

  /// Threads take lanes in turn, so that loops do not share one.
  static std::size_t lane_of_this_thread() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t lane = next.fetch_add(1) % kLanes;
    return lane;
  }

  /// The thread takes no signals: those belong to the loops.
  std::thread start() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  }

  void wake() noexcept {
    const std::lock_guard lock(mutex_);
    wake_.notify_one();
  }
  void hurry() noexcept {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
    wake_.notify_one();
  }

  void run() {
    std::vector<Item> batch;
    for (bool last = false; !last;) {
      std::uint64_t asked = 0;
      last = wait_for_work(asked);
      collect(batch);
      const bool worked = batch.empty() || write_(batch);
      if (worked) {
        waiting_.fetch_sub(batch.size());
        batch.clear();
      }
      report(asked, worked);
    }
    dropped_.fetch_add(batch.size());
  }

  /// Sleeps until something was pushed and an interval has passed, or somebody
  /// asks for more speed. True when it is time to end.
  bool wait_for_work(std::uint64_t& asked) {
    std::unique_lock lock(mutex_);
    const auto pressed = [this] { return stopping_ || hurried_ || flushes_asked_ > flushes_done_; };
    // Announce the sleep first, then look: a push either sees us asleep or is seen.
    asleep_ = true;
    wake_.wait(lock, [&] { return pressed() || waiting_ > 0; });
    asleep_ = false;
    wake_.wait_for(lock, rules_.interval, pressed);
    hurried_ = false;
    asked = flushes_asked_;
    return stopping_;
  }

  /// Lanes give their items in one swap, so a push waits for no copying.
  void collect(std::vector<Item>& batch) {
    for (Lane& lane : lanes_) {
      {
        const std::lock_guard lock(lane.mutex);
        swapped_.swap(lane.items);
      }
      batch.insert(batch.end(), std::make_move_iterator(swapped_.begin()),
                   std::make_move_iterator(swapped_.end()));
      swapped_.clear();
    }
  }

  void report(std::uint64_t asked, bool worked) {
    const std::lock_guard lock(mutex_);
    flushes_done_ = asked;
    last_write_worked_ = worked;
    done_.notify_all();
  }

  const BatchRules rules_;
  const Write write_;
  std::array<Lane, kLanes> lanes_;
  std::vector<Item> swapped_;  // the worker's own
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::uint64_t flushes_asked_ = 0, flushes_done_ = 0;
  bool stopping_ = false, hurried_ = false, last_write_worked_ = true;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace plimsoll
