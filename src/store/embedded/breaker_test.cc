// Goal: a target that fails is left alone, is probed by one at a time, and comes
// back within a rest; nothing that began before a trip decides after it.
// Method: the state machine alone, on a clock that the test moves.
#include "store/embedded/breaker.h"

#include <gtest/gtest.h>

#include "store/embedded/resend_budget.h"

namespace plimsoll::store {
namespace {

using std::chrono::seconds;
using Answer = ports::Admission::Answer;
using State = Breaker::State;

class BreakerTest : public testing::Test {
 protected:
  Breaker::Admission ask() { return breaker.ask(rules, now); }
  void end(const Breaker::Admission& admission, BreakerCount count) {
    breaker.ended(rules, admission, count, ErrorKind::upstream_server_error, now, 0);
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i) end(ask(), BreakerCount::failure);
  }

  BreakerRules rules;
  Breaker breaker;
  Deadline now = Deadline{} + seconds{100};
};

TEST_F(BreakerTest, opens_after_failures_in_a_row_and_not_before) {
  fail(rules.failures - 1);
  EXPECT_EQ(ask().answer, Answer::go);
  fail(1);
  EXPECT_EQ(breaker.state(), State::open);
  const auto held = ask();
  EXPECT_EQ(held.answer, Answer::resting);
  EXPECT_EQ(held.until, now + rules.rest);
  EXPECT_EQ(held.why, ErrorKind::upstream_server_error);
}

TEST_F(BreakerTest, a_success_between_failures_starts_the_row_again) {
  fail(rules.failures - 1);
  end(ask(), BreakerCount::success);
  fail(rules.failures - 1);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, rate_limits_never_open_it) {
  for (int i = 0; i < 1'000; ++i) end(ask(), BreakerCount::neutral);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, opens_at_its_share_of_failures_once_enough_attempts_ended) {
  for (int i = 0; i < rules.requests; ++i) {
    EXPECT_EQ(breaker.state(), State::closed);
    end(ask(), i % 2 == 0 ? BreakerCount::success : BreakerCount::failure);
    now += milliseconds{100};
  }
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(BreakerTest, what_is_older_than_the_window_does_not_count) {
  for (int i = 0; i < 10 * rules.requests; ++i) {
    end(ask(), i % 2 == 0 ? BreakerCount::success : BreakerCount::failure);
    now += rules.window / 10;
  }
  EXPECT_EQ(breaker.state(), State::closed) << "there are never enough within one window";
}

TEST_F(BreakerTest, half_open_lets_one_probe_through_at_a_time) {
  fail(rules.failures);
  now += rules.rest;
  const auto probe = ask();
  EXPECT_EQ(probe.answer, Answer::probe);
  EXPECT_EQ(ask().answer, Answer::resting);
  EXPECT_GT(ask().until, now);
  end(probe, BreakerCount::neutral);
  EXPECT_EQ(ask().answer, Answer::probe) << "a probe without a result makes room for another";
}

TEST_F(BreakerTest, a_probe_that_succeeds_closes_it) {
  fail(rules.failures);
  now += rules.rest;
  end(ask(), BreakerCount::success);
  EXPECT_EQ(breaker.state(), State::closed);
  fail(rules.failures - 1);
  EXPECT_EQ(breaker.state(), State::closed) << "old failures are forgotten";
}

TEST_F(BreakerTest, the_first_content_of_a_probe_is_enough_and_its_end_still_counts) {
  rules.failures = 1;
  fail(1);
  now += rules.rest;
  auto probe = ask();
  breaker.answered(probe, now);
  EXPECT_EQ(breaker.state(), State::closed);
  end(probe, BreakerCount::failure);
  EXPECT_EQ(breaker.state(), State::open) << "the stream was cut after all";
}

TEST_F(BreakerTest, rests_double_while_probes_fail_and_are_bounded) {
  fail(rules.failures);
  std::vector<seconds> rests;
  for (int i = 0; i < 4; ++i) {
    const auto held = ask();
    rests.push_back(std::chrono::duration_cast<seconds>(held.until - now));
    now = held.until;
    end(ask(), BreakerCount::failure);
  }
  EXPECT_EQ(rests, (std::vector<seconds>{seconds{5}, seconds{10}, seconds{20}, seconds{20}}));
}

TEST_F(BreakerTest, a_trip_soon_after_a_recovery_rests_longer_and_a_late_one_does_not) {
  fail(rules.failures);
  now += rules.rest;
  end(ask(), BreakerCount::success);
  fail(rules.failures);
  EXPECT_EQ(ask().until - now, 2 * rules.rest);
  now += 2 * rules.rest;
  end(ask(), BreakerCount::success);
  now += rules.window + seconds{1};
  fail(rules.failures);
  EXPECT_EQ(ask().until - now, rules.rest);
}

TEST_F(BreakerTest, a_late_success_from_before_the_trip_closes_nothing) {
  const auto early = ask();
  fail(rules.failures);
  end(early, BreakerCount::success);
  EXPECT_EQ(breaker.state(), State::open);
  now += rules.rest;
  const auto probe = ask();
  end(early, BreakerCount::success);
  EXPECT_EQ(breaker.state(), State::half_open);
  end(probe, BreakerCount::failure);
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(BreakerTest, a_late_failure_from_before_the_recovery_opens_nothing) {
  rules.failures = 1;
  const auto early = ask();
  fail(1);
  now += rules.rest;
  end(ask(), BreakerCount::success);
  end(early, BreakerCount::failure);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, an_outage_of_a_minute_costs_one_probe_a_rest) {
  int sent = 0;
  for (int i = 0; i < 60 * 50; ++i) {  // a minute at 50 a second
    const auto admission = ask();
    if (admission.admitted()) {
      ++sent;
      end(admission, BreakerCount::failure);
    }
    now += milliseconds{20};
  }
  EXPECT_LE(sent, rules.failures + 4) << "rests of 5, 10, 20 and 20 s";
  while (ask().answer == Answer::resting) now += milliseconds{20};
  EXPECT_EQ(breaker.state(), State::half_open) << "it comes back by itself";
}

TEST_F(BreakerTest, that_is_switched_off_lets_everything_through) {
  rules.on = false;
  fail(100);
  EXPECT_EQ(ask().answer, Answer::go);
}

class ResendBudgetTest : public testing::Test {
 protected:
  int take_all() {
    int taken = 0;
    while (budget.take(rules, now)) ++taken;
    return taken;
  }
  ResendRules rules;
  ResendBudget budget;
  Deadline now = Deadline{} + seconds{100};
};

TEST_F(ResendBudgetTest, without_traffic_there_is_the_floor_and_no_more) {
  EXPECT_EQ(take_all(), 3);
  now += seconds{1};
  EXPECT_EQ(take_all(), 3);
  now += seconds{60};
  EXPECT_EQ(take_all(), 3) << "seconds are not saved up";
}

TEST_F(ResendBudgetTest, traffic_earns_its_share) {
  for (int i = 0; i < 100; ++i) budget.note_traffic(rules, now);
  EXPECT_EQ(take_all(), 20 + 3);
}

TEST_F(ResendBudgetTest, what_traffic_earned_fades) {
  for (int i = 0; i < 1'000; ++i) budget.note_traffic(rules, now);
  now += seconds{600};
  EXPECT_EQ(take_all(), 3);
}

TEST_F(ResendBudgetTest, nought_means_none) {
  rules = {.share = 0, .per_second = 0};
  for (int i = 0; i < 100; ++i) budget.note_traffic(rules, now);
  EXPECT_EQ(take_all(), 0);
}

}  // namespace
}  // namespace plimsoll::store
