// Goal: a limit allows exactly its count at once and then as it comes back, tells
// the truth about the wait, keeps concurrency, and holds under many threads and many
// names.
// Method: made-up instants; a random walk judged by a slow count of every window.
#include "store/embedded/limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace plimsoll::store {
namespace {

using ports::LimitAnswer;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using enum LimitAnswer::Verdict;

const Deadline kStart = Deadline{} + seconds(1'000);
const LimitRules kSixtyAMinute{.requests = Rate{.count = 60, .period = minutes(1)}};

/// A call that asks and ends at once.
LimitAnswer one(EmbeddedLimits& limits, std::string_view name, const LimitRules& rules,
                Deadline now, milliseconds burst = {}) {
  const LimitAnswer answer = limits.take({.name = name, .rules = rules, .burst = burst}, now);
  if (answer.verdict == allowed) limits.finish(answer.claim, 0, now);
  return answer;
}

TEST(LimitsTest, the_whole_count_may_come_at_once_and_then_one_as_each_comes_back) {
  EmbeddedLimits limits;
  for (int i = 0; i < 60; ++i) {
    const auto answer = one(limits, "a", kSixtyAMinute, kStart);
    ASSERT_EQ(answer.verdict, allowed) << i;
    EXPECT_EQ(answer.levels.requests->remaining, 59 - i);
  }
  const auto refused = one(limits, "a", kSixtyAMinute, kStart);
  EXPECT_EQ(refused.verdict, requests);
  EXPECT_EQ(refused.retry_after, seconds(1));
  EXPECT_EQ(refused.levels.requests->remaining, 0);
  EXPECT_EQ(refused.levels.requests->reset, minutes(1));
  EXPECT_EQ(one(limits, "a", kSixtyAMinute, kStart + milliseconds(999)).verdict, requests);
  EXPECT_EQ(one(limits, "a", kSixtyAMinute, kStart + seconds(1)).verdict, allowed)
      << "the wait that was told is the wait";
  EXPECT_EQ(one(limits, "a", kSixtyAMinute, kStart + seconds(1)).verdict, requests);
}

TEST(LimitsTest, a_burst_narrows_what_may_come_at_once_and_not_the_rate) {
  EmbeddedLimits limits;
  int at_once = 0;
  while (one(limits, "a", kSixtyAMinute, kStart, seconds(5)).verdict == allowed) ++at_once;
  EXPECT_EQ(at_once, 5);
  int over_a_minute = 0;
  for (int ms = 1; ms <= 60'000; ++ms)
    if (one(limits, "a", kSixtyAMinute, kStart + milliseconds(ms), seconds(5)).verdict == allowed)
      ++over_a_minute;
  EXPECT_EQ(over_a_minute, 60);
  EXPECT_EQ(one(limits, "b", kSixtyAMinute, kStart, milliseconds(1)).verdict, allowed)
      << "one always fits";
}

TEST(LimitsTest, names_do_not_share_and_what_is_given_back_may_be_taken_again) {
  EmbeddedLimits limits;
  const LimitRules rules{.requests = Rate{.count = 1, .period = seconds(1)},
                         .tokens = Rate{.count = 10, .period = seconds(1)},
                         .concurrent = 1};
  const auto taken = limits.take({.name = "a", .rules = rules, .tokens = 10}, kStart);
  EXPECT_EQ(taken.verdict, allowed);
  EXPECT_EQ(one(limits, "b", rules, kStart).verdict, allowed);
  EXPECT_EQ(one(limits, "a", rules, kStart).verdict, concurrent);
  limits.give_back(taken.claim);
  EXPECT_EQ(limits.take({.name = "a", .rules = rules, .tokens = 10}, kStart).verdict, allowed);
}

TEST(LimitsTest, concurrency_comes_back_when_a_call_ends_and_not_with_time) {
  EmbeddedLimits limits;
  const LimitRules rules{.concurrent = 2};
  const auto first = limits.take({.name = "a", .rules = rules}, kStart);
  const auto second = limits.take({.name = "a", .rules = rules}, kStart);
  EXPECT_EQ(second.verdict, allowed);
  EXPECT_EQ(limits.take({.name = "a", .rules = rules}, kStart + minutes(60)).verdict, concurrent);
  limits.finish(first.claim, 0, kStart);
  EXPECT_EQ(limits.take({.name = "a", .rules = rules}, kStart).verdict, allowed);
}

TEST(LimitsTest, tokens_are_set_aside_at_the_estimate_and_corrected_by_the_use) {
  EmbeddedLimits limits;
  const LimitRules rules{.tokens = Rate{.count = 1'000, .period = seconds(10)}};
  const auto ask = [&](std::int64_t tokens_asked, Deadline now) {
    return limits.take({.name = "a", .rules = rules, .tokens = tokens_asked}, now);
  };
  const auto first = ask(900, kStart);
  EXPECT_EQ(first.levels.tokens->remaining, 100);
  EXPECT_EQ(ask(200, kStart).verdict, tokens);
  EXPECT_EQ(ask(200, kStart).retry_after, seconds(1));
  limits.finish(first.claim, 300, kStart);
  const auto second = ask(200, kStart);
  EXPECT_EQ(second.levels.tokens->remaining, 500) << "1,000 - 300 - 200";
  limits.finish(second.claim, 1'200, kStart);
  EXPECT_EQ(ask(1, kStart).retry_after, milliseconds(5'010)) << "what was used above is owed";
  EXPECT_EQ(ask(1'001, kStart).retry_after, std::nullopt) << "it never fits";
}

TEST(LimitsTest, no_window_of_one_period_allows_more_than_twice_the_count) {
  EmbeddedLimits limits;
  std::mt19937_64 random(5);
  const LimitRules rules{.requests = Rate{.count = 10, .period = seconds(10)}};
  std::vector<Deadline> times;
  Deadline now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(static_cast<std::int64_t>(random() % 700));
    if (one(limits, "a", rules, now).verdict == allowed) times.push_back(now);
  }
  for (std::size_t i = 0; i + 20 < times.size(); ++i)
    ASSERT_GE(times[i + 20] - times[i], rules.requests->period);
  const double share =
      static_cast<double>(times.size()) / std::chrono::duration<double>(now - kStart).count();
  EXPECT_NEAR(share, 1.0, 0.02) << "over time it is the rate itself";
}

TEST(LimitsTest, a_name_that_is_full_again_is_forgotten) {
  EmbeddedLimits limits;
  const LimitRules rules{.requests = Rate{.count = 5, .period = seconds(1)}};
  Deadline now = kStart;
  for (int i = 0; i < 300'000; ++i) {
    now += milliseconds(1);
    one(limits, "key-" + std::to_string(i), rules, now);
  }
  EXPECT_LT(limits.size(), 100'000U);
}

TEST(LimitsTest, beyond_the_most_names_newcomers_share_and_are_still_limited) {
  EmbeddedLimits limits;
  const LimitRules rules{.requests = Rate{.count = 1, .period = std::chrono::hours(24)}};
  std::size_t let_in = 0;
  constexpr std::size_t kNames = EmbeddedLimits::kStatesMax + 200'000;
  for (std::size_t i = 0; i < kNames; ++i)
    if (one(limits, std::to_string(i), rules, kStart).verdict == allowed) ++let_in;
  EXPECT_LE(limits.size(), EmbeddedLimits::kStatesMax + 256);
  EXPECT_LE(let_in, EmbeddedLimits::kStatesMax + 256);
}

TEST(LimitsTest, threads_together_take_no_more_than_one_would) {
  EmbeddedLimits limits;
  const LimitRules rules{.requests = Rate{.count = 1'000, .period = minutes(1)}, .concurrent = 4};
  std::atomic<int> let_in{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&limits, &let_in, &rules] {
      for (int i = 0; i < 1'000; ++i)
        if (one(limits, "a", rules, kStart).verdict == allowed) ++let_in;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, 1'000);
}

}  // namespace
}  // namespace plimsoll::store
