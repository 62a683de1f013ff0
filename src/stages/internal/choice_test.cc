// Goal: equal places share the load by what they can carry, and a spare is asked
// only when it must be.
// Method: many picks with a seeded source over targets whose load is set.
#include "stages/internal/choice.h"

#include <gtest/gtest.h>

#include <vector>

#include "ports/fakes/fake_random.h"

namespace plimsoll::stages {
namespace {

using std::chrono::milliseconds;

class FakeTarget final : public ports::TargetState {
 public:
  ports::TargetLoad now{};
  ports::Admission ask(ports::Sending, Deadline) noexcept override { return {}; }
  void answered(ports::Admission&, ports::AnswerShape, Deadline) noexcept override {}
  void ended(const ports::Admission&, BreakerCount, ErrorKind, Deadline) noexcept override {}
  void cool(std::optional<milliseconds>, ErrorKind, Deadline) noexcept override {}
  bool take_resend(Deadline) noexcept override { return true; }
  bool take_hedge(double, Deadline) noexcept override { return true; }
  ports::TargetLoad load(Deadline) const noexcept override { return now; }
  std::optional<std::chrono::nanoseconds> slow(ports::AnswerShape) const noexcept override {
    return {};
  }
};

struct Place {
  double weight = 1;
  int priority = 0;
  ports::TargetLoad load{};
};

/// The share of 10,000 picks that each place got.
std::vector<double> shares(const std::vector<Place>& places,
                           CandidateSet among = ~CandidateSet{0}) {
  std::vector<Candidate> all;
  for (const Place& place : places) {
    auto target = std::make_shared<FakeTarget>();
    target->now = place.load;
    all.push_back({.target = target, .weight = place.weight, .priority = place.priority});
  }
  among &= (CandidateSet{1} << places.size()) - 1;
  ports::FakeRandom random(7);
  std::vector<double> shares(places.size());
  constexpr int kPicks = 10'000;
  for (int i = 0; i < kPicks; ++i) shares[pick(all, among, random, Deadline{})] += 1.0 / kPicks;
  return shares;
}

TEST(ChoiceTest, idle_equals_share_alike) {
  const auto got = shares({{}, {}, {}, {}});
  for (const double share : got) EXPECT_NEAR(share, 0.25, 0.02);
}

TEST(ChoiceTest, idle_ones_share_by_weight) {
  const auto got = shares({{.weight = 9}, {.weight = 1}});
  EXPECT_NEAR(got[1], 0.1, 0.02);
}

TEST(ChoiceTest, a_small_difference_of_speed_decides_nothing) {
  const auto got =
      shares({{.load = {.latency = milliseconds{100}}}, {.load = {.latency = milliseconds{110}}}});
  EXPECT_NEAR(got[1], 0.5, 0.02);
}

TEST(ChoiceTest, of_two_the_less_busy_one_is_always_asked) {
  const auto got = shares({{.load = {.in_flight = 3}}, {.load = {.in_flight = 1}}});
  EXPECT_EQ(got[0], 0);
}

TEST(ChoiceTest, a_slow_one_gets_less_until_the_fast_one_is_busy) {
  const ports::TargetLoad slow{.latency = milliseconds{900}}, fast{.latency = milliseconds{300}};
  EXPECT_EQ(shares({{.load = slow}, {.load = fast}})[0], 0);
  const ports::TargetLoad busy{.in_flight = 3, .latency = milliseconds{300}};
  EXPECT_EQ(shares({{.load = slow}, {.load = busy}})[1], 0);
}

TEST(ChoiceTest, an_unknown_speed_is_neither_fast_nor_slow) {
  const auto got = shares({{.load = {.latency = milliseconds{900}}}, {}});
  EXPECT_NEAR(got[0], 0.5, 0.02);
}

TEST(ChoiceTest, a_heavier_one_carries_more_before_it_counts_as_busy) {
  const auto got =
      shares({{.weight = 4, .load = {.in_flight = 4}}, {.weight = 1, .load = {.in_flight = 2}}});
  EXPECT_EQ(got[1], 0) << "4/4 is less than 2/1";
}

TEST(ChoiceTest, spares_wait_until_the_others_are_out) {
  const std::vector<Place> places{{.priority = 1}, {.load = {.in_flight = 99}}, {.priority = 1}};
  EXPECT_NEAR(shares(places)[1], 1, 1e-9);
  const auto spares = shares(places, 0b101);
  EXPECT_NEAR(spares[0], 0.5, 0.02);
  EXPECT_EQ(spares[1], 0);
}

}  // namespace
}  // namespace plimsoll::stages
