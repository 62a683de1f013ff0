// Goal: what is known of a target's speed follows what it did lately, and a
// target that fails fast does not look fast.
// Method: samples at stated times.
#include "store/embedded/latency.h"

#include <gtest/gtest.h>

namespace plimsoll::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Deadline kStart = Deadline{} + seconds{100};

TEST(LatencyTest, the_first_sample_is_the_mean) {
  Latency latency;
  EXPECT_EQ(latency.mean(kStart), nanoseconds{0});
  latency.add(milliseconds{300}, kStart);
  EXPECT_EQ(latency.mean(kStart), milliseconds{300});
}

TEST(LatencyTest, what_was_long_ago_hardly_counts) {
  Latency latency;
  latency.add(seconds{9}, kStart);
  latency.add(milliseconds{100}, kStart + seconds{29});
  EXPECT_LT(latency.mean(kStart + seconds{29}), milliseconds{700});
}

TEST(LatencyTest, a_burst_moves_the_mean_within_one_tick) {
  Latency latency;
  latency.add(milliseconds{100}, kStart);
  for (int i = 0; i < 100; ++i) latency.add(seconds{1}, kStart);
  EXPECT_GT(latency.mean(kStart), milliseconds{980});
}

TEST(LatencyTest, half_the_weight_is_gone_after_seven_seconds) {
  Latency latency;
  latency.add(milliseconds{100}, kStart);
  latency.add(milliseconds{200}, kStart + milliseconds{6'931});
  EXPECT_NEAR(static_cast<double>(latency.mean(kStart + seconds{7}) / microseconds{1}), 150'000,
              100);
}

TEST(LatencyTest, a_quick_failure_counts_as_slow) {
  Latency fails, answers;
  for (int i = 0; i < 10; ++i) {
    fails.add_failure(milliseconds{1}, kStart + i * seconds{1});
    answers.add(milliseconds{800}, kStart + i * seconds{1});
  }
  EXPECT_GT(fails.mean(kStart + seconds{9}), answers.mean(kStart + seconds{9}));
}

TEST(LatencyTest, who_was_slow_half_a_minute_ago_is_unknown_again) {
  Latency latency;
  latency.add_failure(seconds{50}, kStart);
  EXPECT_EQ(latency.mean(kStart + seconds{30}), seconds{50});
  EXPECT_EQ(latency.mean(kStart + seconds{31}), nanoseconds{0});
  latency.add(milliseconds{5}, kStart + seconds{31});
  EXPECT_EQ(latency.mean(kStart + seconds{31}), milliseconds{5})
      << "what is forgotten has no weight";
}

TEST(LatencyTest, hours_of_failures_stay_within_bounds) {
  Latency latency;
  Deadline now = kStart;
  for (int i = 0; i < 10'000; ++i) latency.add_failure(std::chrono::hours{1}, now += seconds{15});
  EXPECT_LE(latency.mean(now), Latency::kMost);
}

TEST(SlowEndTest, nothing_is_said_before_twenty_samples) {
  SlowEnd slow;
  for (std::size_t i = 1; i < SlowEnd::kSamplesMin; ++i) slow.add(milliseconds{1});
  EXPECT_FALSE(slow.p95());
  slow.add(milliseconds{1});
  EXPECT_EQ(slow.p95(), milliseconds{1});
}

TEST(SlowEndTest, it_is_the_nearest_rank_of_the_last_ones) {
  SlowEnd slow;
  for (int i = 0; i < 1'000; ++i) slow.add(seconds{5});
  for (int i = 1; i <= 100; ++i) slow.add(milliseconds{i});
  // The last 128: 28 of 5 s and 1 to 100 ms; rank 122 of 128 is one of 5 s.
  EXPECT_EQ(slow.p95(), seconds{5});
  for (int i = 1; i <= 128; ++i) slow.add(milliseconds{i});
  EXPECT_EQ(slow.p95(), milliseconds{122});
}

}  // namespace
}  // namespace plimsoll::store
