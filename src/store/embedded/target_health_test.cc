// Goal: what one call learns of a target holds for all calls, by name, and
// outlives whoever learnt it.
// Method: the store alone, on a clock that the test moves; threads at the end.
#include "store/embedded/target_health.h"

#include <gtest/gtest.h>

#include <thread>

#include "ports/fakes/fake_random.h"

namespace plimsoll::store {
namespace {

using ports::Admission;
using ports::Sending;
using std::chrono::seconds;
using Answer = Admission::Answer;

constexpr ErrorKind kLimited = ErrorKind::upstream_rate_limited;

class TargetHealthTest : public testing::Test {
 protected:
  std::shared_ptr<ports::TargetState> state(std::string model = "m", std::string key = "k") {
    return health.of({.provider = "up", .key = std::move(key), .model = std::move(model)}, rules);
  }
  Admission ask(ports::TargetState& target) { return target.ask(Sending::first, now); }

  ports::FakeRandom random;
  EmbeddedTargetHealth health{random};
  TargetRules rules;
  Deadline now = Deadline{} + seconds{1'000};
};

TEST_F(TargetHealthTest, a_wait_one_call_was_told_holds_back_all_others) {
  state()->cool(milliseconds{2'000}, kLimited, now);
  const auto other = state();
  const Admission held = ask(*other);
  EXPECT_EQ(held.answer, Answer::cooling);
  EXPECT_EQ(held.until, now + milliseconds{2'000});
  EXPECT_EQ(held.why, kLimited);
  now += milliseconds{2'000};
  EXPECT_EQ(ask(*other).answer, Answer::go);
}

TEST_F(TargetHealthTest, another_model_or_key_is_not_held_back) {
  state()->cool(seconds{2}, kLimited, now);
  EXPECT_TRUE(ask(*state("n")).admitted());
  EXPECT_TRUE(ask(*state("m", "other")).admitted());
}

TEST_F(TargetHealthTest, a_cooldown_never_gets_shorter) {
  const auto target = state();
  target->cool(seconds{9}, kLimited, now);
  target->cool(seconds{1}, kLimited, now);
  target->cool({}, kLimited, now);
  EXPECT_EQ(ask(*target).until, now + seconds{9});
}

TEST_F(TargetHealthTest, refusals_without_a_wait_cool_longer_and_longer_up_to_a_bound) {
  const auto target = state();
  std::vector<long> waits;
  for (int i = 0; i < 6; ++i) {
    target->cool({}, kLimited, now);
    target->cool({}, kLimited, now);  // of a call that was under way: no step of its own
    const Admission held = ask(*target);
    waits.push_back((held.until - now) / milliseconds{1});
    now = held.until;
  }
  EXPECT_EQ(waits, (std::vector<long>{500, 1'000, 2'000, 4'000, 8'000, 8'000}));
}

TEST_F(TargetHealthTest, load_counts_what_runs_and_how_long_it_takes) {
  const auto target = state();
  Admission first = ask(*target);
  Admission second = ask(*target);
  EXPECT_EQ(target->load(now).in_flight, 2);
  EXPECT_EQ(target->load(now).latency, std::chrono::nanoseconds{0});
  now += milliseconds{300};
  target->answered(first, ports::AnswerShape::whole, now);
  target->answered(first, ports::AnswerShape::whole, now + seconds{9});  // told once
  EXPECT_EQ(target->load(now).latency, milliseconds{300});
  target->ended(first, BreakerCount::success, {}, now);
  target->ended(second, BreakerCount::neutral, ErrorKind::cancelled, now);
  EXPECT_EQ(target->load(now).in_flight, 0);
}

TEST_F(TargetHealthTest, a_held_attempt_is_no_load_and_a_failed_one_counts_as_slow) {
  const auto target = state();
  Admission admission = ask(*target);
  target->ended(admission, BreakerCount::failure, ErrorKind::upstream_overloaded, now);
  EXPECT_EQ(target->load(now).latency, seconds{1});
  target->cool(seconds{5}, kLimited, now);
  ask(*target);
  EXPECT_EQ(target->load(now).in_flight, 0);
}

TEST_F(TargetHealthTest, the_slow_end_is_known_by_shape) {
  const auto target = state();
  for (int i = 0; i < 20; ++i) {
    Admission admission = ask(*target);
    target->answered(admission, ports::AnswerShape::streamed, now + milliseconds{40});
    target->ended(admission, BreakerCount::success, {}, now);
  }
  EXPECT_EQ(target->slow(ports::AnswerShape::streamed), milliseconds{40});
  EXPECT_FALSE(target->slow(ports::AnswerShape::whole));
}

TEST_F(TargetHealthTest, an_answer_ends_the_row_of_refusals) {
  const auto target = state();
  target->cool(seconds{1}, kLimited, now);
  now += seconds{1};
  target->ended(ask(*target), BreakerCount::success, {}, now);
  target->cool(seconds{1}, kLimited, now);
  EXPECT_EQ(ask(*target).refusals, 1);
}

TEST_F(TargetHealthTest, a_dropped_permit_frees_the_probe) {
  const auto target = state();
  for (int i = 0; i < rules.breaker.failures; ++i)
    ports::Permit(target, ask(*target)).failed(ErrorKind::upstream_cut, now);
  now += rules.breaker.rest;
  {
    const ports::Permit probe(target, ask(*target));
    EXPECT_FALSE(ask(*target).admitted());
  }
  EXPECT_EQ(ask(*target).answer, Answer::probe);
}

TEST_F(TargetHealthTest, new_rules_count_for_who_holds_the_state_already) {
  const auto target = state();
  rules.breaker.failures = 1;
  EXPECT_EQ(state(), target) << "the state outlives the plan that made it";
  ports::Permit(target, ask(*target)).failed(ErrorKind::upstream_cut, now);
  EXPECT_EQ(ask(*target).answer, Answer::resting);
}

TEST_F(TargetHealthTest, names_that_nobody_holds_are_forgotten_when_it_is_full) {
  const auto held = state("held");
  held->cool(seconds{9}, kLimited, now);
  for (std::size_t i = 0; i < 2 * EmbeddedTargetHealth::kTargetsMax; ++i)
    (void)state("made up " + std::to_string(i));
  EXPECT_LE(health.views(now).size(), EmbeddedTargetHealth::kTargetsMax);
  EXPECT_EQ(state("held"), held);
}

TEST_F(TargetHealthTest, a_view_tells_what_happened) {
  const auto target = state();
  target->cool(seconds{1}, kLimited, now);
  (void)ask(*target);
  while (target->take_resend(now)) {
  }
  const ports::TargetView view = health.views(now).at(0);
  EXPECT_TRUE(view.cooling);
  EXPECT_EQ(view.cooldowns, 1U);
  EXPECT_EQ(view.held, 1U);
  EXPECT_EQ(view.resends, 3U);
  EXPECT_EQ(view.resends_refused, 1U);
}

TEST_F(TargetHealthTest, many_threads_get_one_probe) {
  const auto target = state();
  for (int i = 0; i < rules.breaker.failures; ++i)
    ports::Permit(target, ask(*target)).failed(ErrorKind::upstream_cut, now);
  now += rules.breaker.rest;
  std::atomic<int> probes{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto mine = state();
      for (int k = 0; k < 1'000; ++k)
        if (mine->ask(Sending::first, now).answer == Answer::probe) ++probes;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(probes, 1);
}

}  // namespace
}  // namespace plimsoll::store
