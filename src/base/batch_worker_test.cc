// Goal: a batch worker loses nothing that it accepted, counts what it refused,
// and never makes a producer wait for the writer.
// Method: writers that collect, stall or fail on command; several producers.
#include "base/batch_worker.h"

#include <gtest/gtest.h>

#include <future>
#include <map>

namespace plimsoll {
namespace {

using namespace std::chrono_literals;

/// An interval that never passes within a test: only pressure moves the worker.
constexpr BatchRules kOnCommand{.interval = 1h, .waiting_max = 100};

TEST(BatchWorkerTest, flush_has_written_everything_pushed_before) {
  std::vector<int> written;
  BatchWorker<int> worker(kOnCommand, [&](std::span<const int> batch) {
    written.insert(written.end(), batch.begin(), batch.end());
    return true;
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(worker.push(i));
  EXPECT_TRUE(worker.flush());
  ASSERT_EQ(written.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(written[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(worker.waiting(), 0U);
}

TEST(BatchWorkerTest, an_interval_is_enough_without_a_flush) {
  std::promise<int> written;
  BatchWorker<int> worker({.interval = 1ms}, [&](std::span<const int> batch) {
    written.set_value(batch[0]);
    return true;
  });
  worker.push(7);
  EXPECT_EQ(written.get_future().get(), 7);
}

TEST(BatchWorkerTest, a_full_queue_drops_and_counts_without_waiting) {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<std::size_t> written{0};
  std::promise<void> entered;
  std::atomic<bool> told{false};
  BatchWorker<int> worker(kOnCommand, [&](std::span<const int> batch) {
    if (!told.exchange(true)) entered.set_value();
    gone.wait();
    written += batch.size();
    return true;
  });
  // Half of the room used wakes the writer, which then stalls.
  for (int i = 0; i < 51; ++i) worker.push(i);
  entered.get_future().wait();
  int accepted = 51;
  for (int i = 0; i < 100; ++i) accepted += worker.push(i) ? 1 : 0;
  EXPECT_EQ(accepted, 100);
  EXPECT_EQ(worker.dropped(), 51U);
  go.set_value();
  EXPECT_TRUE(worker.flush());
  EXPECT_EQ(written, 100U);
  EXPECT_TRUE(worker.push(1)) << "there is room again";
}

TEST(BatchWorkerTest, a_failed_write_is_tried_again_with_what_came_since) {
  bool works = false;
  std::vector<int> written;
  BatchWorker<int> worker(kOnCommand, [&](std::span<const int> batch) {
    if (works) written.assign(batch.begin(), batch.end());
    return works;
  });
  worker.push(1);
  EXPECT_FALSE(worker.flush());
  works = true;  // ordered with the worker's thread by flush
  worker.push(2);
  EXPECT_TRUE(worker.flush());
  EXPECT_EQ(written, (std::vector<int>{1, 2}));
}

TEST(BatchWorkerTest, destruction_writes_what_is_there_and_counts_what_cannot_be) {
  std::size_t written = 0;
  {
    BatchWorker<int> worker(kOnCommand, [&](std::span<const int> batch) {
      written += batch.size();
      return true;
    });
    worker.push(1);
    worker.push(2);
  }
  EXPECT_EQ(written, 2U);
  BatchWorker<int> broken(kOnCommand, [](std::span<const int>) { return false; });
  broken.push(1);
  broken.stop();
  EXPECT_EQ(broken.dropped(), 1U);
}

TEST(BatchWorkerTest, producers_on_many_threads_lose_nothing_and_keep_their_own_order) {
  std::map<int, int> last_of;
  std::size_t written = 0;
  constexpr int kProducers = 8, kEach = 20'000;
  BatchWorker<std::pair<int, int>> worker(
      {.interval = 100us, .waiting_max = std::size_t{kProducers} * kEach}, [&](auto batch) {
        for (const auto& [producer, i] : batch) {
          const auto [last, fresh] = last_of.try_emplace(producer, -1);
          EXPECT_EQ(last->second + 1, i);
          last->second = i;
        }
        written += batch.size();
        return true;
      });
  std::vector<std::thread> threads;
  for (int p = 0; p < kProducers; ++p)
    threads.emplace_back([&worker, p] {
      for (int i = 0; i < kEach; ++i) worker.push({p, i});
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(worker.flush());
  EXPECT_EQ(written, std::size_t{kProducers} * kEach);
  EXPECT_EQ(worker.dropped(), 0U);
}

}  // namespace
}  // namespace plimsoll
