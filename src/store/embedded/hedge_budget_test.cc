// Goal: hedges stay a share of the traffic, whatever the traffic is.
// Method: sends and hedges at stated times.
#include "store/embedded/hedge_budget.h"

#include <gtest/gtest.h>

namespace plimsoll::store {
namespace {

using std::chrono::seconds;

TEST(HedgeBudgetTest, one_in_twenty_of_the_traffic) {
  HedgeBudget budget;
  const Deadline now = Deadline{} + seconds{100};
  for (int i = 0; i < 200; ++i) budget.note_traffic(now);
  int taken = 0;
  while (budget.take(0.05, now)) ++taken;
  EXPECT_EQ(taken, 10);
}

TEST(HedgeBudgetTest, little_traffic_has_one_at_a_time) {
  HedgeBudget budget;
  Deadline now = Deadline{} + seconds{100};
  budget.note_traffic(now);
  EXPECT_TRUE(budget.take(0.05, now));
  EXPECT_FALSE(budget.take(0.05, now));
  now += seconds{5};
  EXPECT_FALSE(budget.take(0.05, now)) << "the one before has not faded yet";
  now += seconds{120};
  EXPECT_TRUE(budget.take(0.05, now));
}

TEST(HedgeBudgetTest, a_slow_hour_does_not_run_away) {
  HedgeBudget budget;
  int taken = 0;
  constexpr int kSends = 36'000;  // ten a second, each of them slow
  for (int i = 0; i < kSends; ++i) {
    const Deadline now = Deadline{} + seconds{100} + std::chrono::milliseconds{100 * i};
    budget.note_traffic(now);
    if (budget.take(0.05, now)) ++taken;
  }
  EXPECT_NEAR(taken, kSends * 0.05, kSends * 0.002);
}

}  // namespace
}  // namespace plimsoll::store
