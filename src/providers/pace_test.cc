// Goal: a trickle is told from a pause.
// Method: content at stated times, at 2 characters a second with 10 s of slack.
#include "providers/pace.h"

#include <gtest/gtest.h>

namespace plimsoll::providers {
namespace {

using std::chrono::seconds;

const Deadline kStart = Deadline{} + seconds{100};

TEST(PaceTest, the_first_content_starts_the_clock) {
  Pace pace(2, seconds{10});
  EXPECT_EQ(pace.due(), kNoDeadline);
  pace.add(1'000, kStart);
  EXPECT_EQ(pace.due(), kStart + seconds{10});
}

TEST(PaceTest, a_trickle_falls_behind) {
  Pace pace(2, seconds{10});
  int second = 0;
  while (pace.due() > kStart + seconds{second}) {  // four characters every five seconds
    pace.add(4, kStart + seconds{second});
    second += 5;
    ASSERT_LT(second, 100);
  }
  EXPECT_EQ(second, 15);  // due 10, 12, 14 s
}

TEST(PaceTest, a_stream_that_keeps_up_may_pause) {
  Pace pace(2, seconds{10});
  for (int second = 0; second < 60; ++second) pace.add(20, kStart + seconds{second});
  EXPECT_EQ(pace.due(), kStart + seconds{59 + 10}) << "what is ahead is not saved up";
}

TEST(PaceTest, without_a_rate_nothing_is_ever_due) {
  Pace pace(0, seconds{10});
  pace.add(1, kStart);
  EXPECT_EQ(pace.due(), kNoDeadline);
}

TEST(PaceTest, content_is_what_is_said_or_else_the_bytes) {
  Event event{.raw = "data: {}"};
  EXPECT_EQ(content_bytes(event), 8U);
  event.deltas = {{.text = "abc"}, {.kind = Delta::Kind::tool_arguments, .text = "{}"}};
  EXPECT_EQ(content_bytes(event), 5U);
}

}  // namespace
}  // namespace plimsoll::providers
