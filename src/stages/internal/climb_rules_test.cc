// Goal: waits are spread, bounded, and never longer than somebody waits for.
// Method: pure functions, at their edges.
#include "stages/internal/climb_rules.h"

#include <gtest/gtest.h>

namespace plimsoll::stages {
namespace {

using std::chrono::seconds;
using Answer = ports::Admission::Answer;

constexpr Deadline kNow = Deadline{} + seconds{100};

ports::Admission cooling(seconds wait, int refusals = 1) {
  return {.answer = Answer::cooling, .until = kNow + wait, .refusals = refusals};
}

bool worth(const ports::Admission& admission, bool another_rung,
           Deadline deadline = kNow + seconds{600}) {
  const Patience patience{.now = kNow, .deadline = deadline, .another_rung = another_rung};
  return worth_waiting(admission, patience);
}

TEST(BackoffTest, draws_from_nought_to_a_doubling_bound) {
  const RetryRules rules{.backoff_base = milliseconds{250}, .backoff_max = milliseconds{8'000}};
  EXPECT_EQ(backoff(rules, 0, 250), milliseconds{250});
  EXPECT_EQ(backoff(rules, 0, 251), milliseconds{0});
  EXPECT_EQ(backoff(rules, 3, 2'000), milliseconds{2'000});
  EXPECT_EQ(backoff(rules, 1'000, 8'001), milliseconds{0}) << "the bound is the most";
  EXPECT_EQ(backoff({.backoff_base = milliseconds{0}}, 5, 77), milliseconds{0});
}

TEST(ReleaseTest, is_never_before_the_end_and_at_most_a_quarter_after_it) {
  for (std::uint64_t random :
       {std::uint64_t{0}, std::uint64_t{12'345'678'901}, ~std::uint64_t{0}}) {
    const Deadline when = release(kNow, kNow + seconds{2}, random);
    EXPECT_GE(when, kNow + seconds{2});
    EXPECT_LE(when, kNow + milliseconds{2'500});
    EXPECT_LE(release(kNow, kNow + seconds{100}, random), kNow + seconds{101});
  }
  EXPECT_EQ(release(kNow, kNow - seconds{1}, 7), kNow);
}

TEST(WorthWaitingTest, a_resting_target_is_never_waited_for) {
  EXPECT_FALSE(worth({.answer = Answer::resting, .until = kNow + seconds{1}}, false));
}

TEST(WorthWaitingTest, a_wait_past_the_deadline_is_not_begun) {
  EXPECT_TRUE(worth(cooling(seconds{9}), false, kNow + seconds{10}));
  EXPECT_FALSE(worth(cooling(seconds{10}), false, kNow + seconds{10}));
}

TEST(WorthWaitingTest, patience_is_short_where_another_rung_is_left) {
  EXPECT_TRUE(worth(cooling(seconds{2}), true));
  EXPECT_FALSE(worth(cooling(seconds{9}), true)) << "over backoff_max";
  EXPECT_TRUE(worth(cooling(seconds{9}), false));
  EXPECT_FALSE(worth(cooling(seconds{61}), false)) << "over wait_max";
}

TEST(WorthWaitingTest, a_target_that_refused_twice_in_a_row_is_left_where_another_rung_is) {
  EXPECT_FALSE(worth(cooling(seconds{1}, 2), true));
  EXPECT_TRUE(worth(cooling(seconds{1}, 2), false));
}

}  // namespace
}  // namespace plimsoll::stages
