// Goal: beside a slow attempt a second one runs, the first to bring content
// answers, the other is stopped, both are paid for, and neither budget nor load
// ceiling is passed.
// Method: the whole pipeline on fakes, under a clock that the test moves.
#include <gtest/gtest.h>

#include "app/fakes/road.h"
#include "base/race.h"

namespace plimsoll::app {
namespace {

const std::string kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
const std::string kStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan hedged_plan() {
  Plan plan = small_plan();
  plan.features[0].ladder = {{.model = 0}};
  plan.features[0].hedge = HedgeRules{.after = milliseconds{100}};
  return plan;
}

/// A road whose clock moves by hand, and one call on it at a time.
class HedgeTest : public testing::Test {
 protected:
  void lay(Plan plan) {
    road_.emplace(std::move(plan));
    road_->timers.jump = false;
  }
  void ask(const std::string& body = kAsk) { race_.start(road_->start(body)); }
  Got answer() {
    return [](Race<Got>& race) -> Task<Got> { co_return co_await race.next(); }(race_).run_ready();
  }
  void pass(int ms) { road_->timers.advance(milliseconds{ms}); }
  /// The call runs to its end, however long that takes.
  Got finish() {
    for (int i = 0; i < 1'000 && !done(); ++i) pass(10);
    return answer();
  }
  bool done() const { return road_->sink.size() > ended_; }
  const Trail& trail() const { return road_->trail(); }

  std::optional<Road> road_;
  Race<Got> race_;
  std::size_t ended_ = 0;
};

TEST_F(HedgeTest, the_faster_one_answers_and_the_other_is_stopped_and_paid) {
  lay(hedged_plan());
  road_->upstream.answers("slow").after(milliseconds{1'000});
  road_->upstream.answers("fast").after(milliseconds{50});
  ask();
  pass(99);
  EXPECT_EQ(road_->upstream.calls(), 1);
  pass(2);
  EXPECT_EQ(road_->upstream.calls(), 2);
  pass(60);
  ASSERT_TRUE(done());
  EXPECT_NE(answer().bytes.find("fast"), std::string::npos);
  ASSERT_EQ(trail().attempts.size(), 2U);
  EXPECT_EQ(trail().attempts[0].error, ErrorKind::cancelled);
  EXPECT_TRUE(trail().attempts[0].cost.has_value()) << "the one that lost is booked";
  EXPECT_FALSE(trail().attempts[1].error);
  EXPECT_EQ(road_->accounts.books.held, Money{0});
  EXPECT_EQ(road_->upstream.open_replies(), 0);
}

TEST_F(HedgeTest, the_first_may_still_win) {
  lay(hedged_plan());
  road_->upstream.answers("first").after(milliseconds{150});
  road_->upstream.answers("second").after(milliseconds{400});
  ask();
  EXPECT_NE(finish().bytes.find("first"), std::string::npos);
  EXPECT_EQ(trail().attempts[1].error, ErrorKind::cancelled);
  EXPECT_EQ(road_->accounts.books.held, Money{0});
}

TEST_F(HedgeTest, a_quick_answer_has_no_hedge) {
  lay(hedged_plan());
  road_->upstream.answers("quick").after(milliseconds{60});
  ask();
  EXPECT_NE(finish().bytes.find("quick"), std::string::npos);
  EXPECT_EQ(trail().attempts.size(), 1U);
  EXPECT_EQ(road_->timers.sleeping(), 0U) << "the alarm was called off";
}

TEST_F(HedgeTest, a_stream_is_read_to_its_end_from_the_one_that_won) {
  lay(hedged_plan());
  road_->upstream.streams_text({"slow"}).after(milliseconds{1'000});
  road_->upstream.streams_text({"a", "b", "c"}).between(milliseconds{20});
  ask(kStream);
  const Got got = finish();
  EXPECT_FALSE(got.error);
  for (const char* piece : {"\"a\"", "\"b\"", "\"c\"", "[DONE]"})
    EXPECT_NE(got.bytes.find(piece), std::string::npos) << got.bytes;
  EXPECT_EQ(got.bytes.find("slow"), std::string::npos);
}

TEST_F(HedgeTest, one_that_fails_leaves_the_word_to_the_other) {
  lay(hedged_plan());
  road_->upstream.fails(ErrorKind::upstream_server_error, 500).after(milliseconds{150});
  road_->upstream.answers("second").after(milliseconds{400});
  ask();
  EXPECT_NE(finish().bytes.find("second"), std::string::npos);
  EXPECT_EQ(trail().attempts[0].error, ErrorKind::upstream_server_error);
}

TEST_F(HedgeTest, when_both_fail_the_ladder_goes_on) {
  Plan plan = hedged_plan();
  plan.features[0].ladder.push_back({.model = 1});
  plan.features[0].retry.attempts = 3;
  lay(std::move(plan));
  road_->upstream.fails(ErrorKind::upstream_server_error, 500).after(milliseconds{150});
  road_->upstream.fails(ErrorKind::upstream_server_error, 500).after(milliseconds{400});
  road_->upstream.answers("below");
  ask();
  EXPECT_NE(finish().bytes.find("below"), std::string::npos);
  EXPECT_EQ(trail().attempts.size(), 3U);
}

TEST_F(HedgeTest, nobody_goes_around_a_content_filter) {
  lay(hedged_plan());
  road_->upstream.fails(ErrorKind::upstream_content_filtered, 400).after(milliseconds{150});
  road_->upstream.answers("around it").after(milliseconds{100});
  ask();
  EXPECT_EQ(finish().error->kind, ErrorKind::upstream_content_filtered);
  EXPECT_EQ(road_->upstream.calls(), 2);
  EXPECT_EQ(road_->accounts.books.held, Money{0});
}

TEST_F(HedgeTest, a_key_that_the_loser_was_refused_with_is_not_asked_again) {
  Plan plan = hedged_plan();
  plan.providers.push_back({.name = "other", .base_url = "http://127.0.0.1:2/v1"});
  plan.models[1].provider = 1;
  plan.features[0].ladder = {{.model = 0, .any = {{.model = 0}, {.model = 1}}}};
  plan.features[0].retry.attempts = 4;
  lay(std::move(plan));
  road_->upstream.fails(ErrorKind::upstream_credential, 401).after(milliseconds{150});
  road_->upstream.fails(ErrorKind::upstream_server_error, 500).after(milliseconds{300});
  road_->upstream.answers("again").after(milliseconds{1});
  ask();
  EXPECT_NE(finish().bytes.find("again"), std::string::npos);
  const auto& sent = road_->upstream.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[2].provider, sent[1].provider) << "the other one refused our key";
}

TEST_F(HedgeTest, a_resting_place_does_not_hide_a_free_one) {
  Plan plan = hedged_plan();
  for (const char* name : {"second", "third"})
    plan.providers.push_back({.name = name, .base_url = "http://127.0.0.1:2/v1"});
  plan.models[1].provider = 1;
  plan.models.push_back(plan.models[1]);
  plan.models[2].provider = 2;
  plan.features[0].ladder = {
      {.model = 0,
       .any = {{.model = 0}, {.model = 1, .priority = 1}, {.model = 2, .priority = 2}}}};
  lay(std::move(plan));
  const auto second = road_->targets.of({.provider = "second", .key = {}, .model = "m-large"}, {});
  second->cool(std::chrono::seconds{60}, ErrorKind::upstream_rate_limited, road_->timers.now());
  road_->upstream.answers("slow").after(milliseconds{1'000});
  road_->upstream.answers("fast").after(milliseconds{10});
  ask();
  EXPECT_NE(finish().bytes.find("fast"), std::string::npos);
  EXPECT_EQ(road_->upstream.sent().at(1).provider, "third");
}

TEST_F(HedgeTest, a_client_that_leaves_stops_both) {
  lay(hedged_plan());
  road_->upstream.answers("slow").after(milliseconds{1'000});
  road_->upstream.answers("slow too").after(milliseconds{1'000});
  ask();
  pass(200);
  ASSERT_EQ(road_->upstream.calls(), 2);
  road_->cancel.cancel(CancelReason::client_gone);
  pass(0);
  ASSERT_TRUE(done());
  EXPECT_EQ(answer().error->kind, ErrorKind::cancelled);
  EXPECT_EQ(road_->accounts.books.held, Money{0});
  EXPECT_EQ(road_->timers.sleeping(), 0U);
}

TEST_F(HedgeTest, attempts_below_keep_their_share) {
  Plan plan = hedged_plan();
  plan.features[0].retry.attempts = 1;
  lay(std::move(plan));
  road_->upstream.answers("slow").after(milliseconds{500});
  ask();
  EXPECT_NE(finish().bytes.find("slow"), std::string::npos);
  EXPECT_EQ(road_->upstream.calls(), 1);
}

TEST_F(HedgeTest, the_ninety_fifth_percentile_is_learnt_from_answers) {
  Plan plan = hedged_plan();
  plan.features[0].hedge->after.reset();
  lay(std::move(plan));
  for (int i = 0; i < 20; ++i) {  // nothing is known yet: no hedge, however slow
    road_->upstream.answers("known").after(milliseconds{200});
    ask();
    EXPECT_FALSE(finish().error);
    ++ended_;
    EXPECT_EQ(trail().attempts.size(), 1U);
  }
  road_->upstream.answers("slow").after(milliseconds{5'000});
  road_->upstream.answers("hedge").after(milliseconds{10});
  ask();
  pass(199);
  EXPECT_EQ(road_->upstream.calls(), 21);
  pass(20);
  EXPECT_EQ(road_->upstream.calls(), 22);
  EXPECT_NE(finish().bytes.find("hedge"), std::string::npos);
}

TEST_F(HedgeTest, hedges_stay_within_their_budget) {
  lay(hedged_plan());
  int hedges = 0;
  for (int i = 0; i < 40; ++i) {
    road_->upstream.answers("slow").after(milliseconds{150});
    road_->upstream.answers("slow too").after(milliseconds{150});
    ask();
    EXPECT_FALSE(finish().error);
    ++ended_;
    if (trail().attempts.size() == 2) {
      ++hedges;
    } else {
      road_->upstream.drop_next();
    }
  }
  EXPECT_GE(hedges, 1);
  EXPECT_LE(hedges, 4) << "a twentieth, and one to begin with";
}

TEST_F(HedgeTest, another_place_is_asked_where_there_is_one) {
  Plan plan = hedged_plan();
  plan.providers.push_back({.name = "other", .base_url = "http://127.0.0.1:2/v1"});
  plan.models[1].provider = 1;
  plan.features[0].ladder = {{.model = 0, .any = {{.model = 0}, {.model = 1}}}};
  lay(std::move(plan));
  road_->upstream.answers("slow").after(milliseconds{1'000});
  road_->upstream.answers("fast").after(milliseconds{10});
  ask();
  EXPECT_NE(finish().bytes.find("fast"), std::string::npos);
  EXPECT_NE(road_->upstream.sent()[0].provider, road_->upstream.sent()[1].provider);
}

TEST_F(HedgeTest, both_together_keep_the_ceiling_of_cost) {
  Plan plan = hedged_plan();
  plan.features[0].objectives.output_tokens_max = 10;
  plan.features[0].objectives.cost_per_request = Money{100'000};  // one attempt, not two
  lay(std::move(plan));
  road_->upstream.answers("slow").after(milliseconds{500});
  road_->upstream.answers("hedge");
  ask();
  EXPECT_FALSE(finish().error);
  EXPECT_EQ(road_->upstream.calls(), 1) << "the second would not fit beside the first";
}

TEST_F(HedgeTest, no_hedge_asks_for_the_crumbs_of_the_ceiling) {
  Plan plan = hedged_plan();
  plan.features[0].objectives.cost_per_request = Money{10'000'000};
  plan.models[0].output_tokens_max = 4'900;  // at 2,000 each nearly all of it
  lay(std::move(plan));
  road_->upstream.fails(ErrorKind::upstream_server_error, 500).after(milliseconds{500});
  road_->upstream.answers("second try");
  ask();
  EXPECT_NE(finish().bytes.find("second try"), std::string::npos);
  ASSERT_EQ(road_->upstream.calls(), 2) << "the hedge was not sent, and cost no try";
  EXPECT_EQ(trail().attempts[1].error, ErrorKind::cost_ceiling);
}

}  // namespace
}  // namespace plimsoll::app
