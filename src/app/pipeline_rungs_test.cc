// Goal: a rung changes what its attempt asks for, and a rung without a model answers
// when no model does: at no cost, marked, and never in place of a refusal.
// Method: the real stages in their real order between a scripted upstream, fake books
// and a fake clock.
#include <gtest/gtest.h>

#include "app/fakes/road.h"

namespace plimsoll::app {
namespace {

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan plan_with_text() {
  Plan plan = small_plan();
  plan.features[0].ladder.push_back(
      {.kind = Rung::Kind::fixed_text, .text = "A colleague writes."});
  return plan;
}

TEST(PipelineRungsTest, a_fixed_text_answers_when_every_try_has_failed) {
  Road road(plan_with_text());
  for (int i = 0; i < 3; ++i) road.upstream.fails(ErrorKind::upstream_server_error, 500);
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(got.bytes, "A colleague writes.");
  EXPECT_EQ(road.upstream.calls(), 3) << "the text costs none of the tries";
  EXPECT_EQ(road.trail().fallback, "static");
  ASSERT_EQ(road.trail().attempts.size(), 4U);
  EXPECT_EQ(road.trail().attempts[3].provider, "plimsoll");
  EXPECT_EQ(road.trail().attempts[3].model, "static");
  EXPECT_EQ(road.trail().attempts[3].cost, Money{});
  EXPECT_FALSE(road.trail().error);
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineRungsTest, a_fixed_text_streams_where_a_stream_was_asked_for) {
  Road road(plan_with_text());
  for (int i = 0; i < 3; ++i) road.upstream.fails(ErrorKind::upstream_server_error, 500);
  const Got got = road.send(kAskStream);
  EXPECT_TRUE(got.streamed);
  EXPECT_EQ(got.bytes, "A colleague writes.");
}

TEST(PipelineRungsTest, a_fixed_text_answers_at_the_end_of_the_time) {
  Plan plan = plan_with_text();
  plan.features[0].timeouts.total = milliseconds{5'000};
  Road road(std::move(plan));
  road.upstream.answers("too late").after(std::chrono::seconds{60});
  EXPECT_EQ(road.send(kAsk).bytes, "A colleague writes.");
}

TEST(PipelineRungsTest, no_text_stands_in_for_a_request_that_is_wrong) {
  Road road(plan_with_text());
  road.upstream.fails(ErrorKind::upstream_request_invalid, 400);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::upstream_request_invalid);
  EXPECT_EQ(road.trail().fallback, "");
}

TEST(PipelineRungsTest, nobody_writes_to_a_client_that_left) {
  Road road(plan_with_text());
  road.upstream.answers("late").after(std::chrono::seconds{60});
  road.cancel.cancel(CancelReason::client_gone);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::cancelled);
}

TEST(PipelineRungsTest, a_ladder_of_one_text_answers_without_any_model) {
  Plan plan = plan_with_text();
  plan.features[0].ladder.erase(plan.features[0].ladder.begin(),
                                plan.features[0].ladder.begin() + 2);
  plan.features[0].objectives.input_tokens_max = 1'000;
  Road road(std::move(plan));
  EXPECT_EQ(road.send(kAsk).bytes, "A colleague writes.");
  EXPECT_EQ(road.upstream.calls(), 0);
}

TEST(PipelineRungsTest, a_broken_stream_is_not_ended_by_a_text_that_says_something_else) {
  Road road(plan_with_text());
  road.upstream.breaks_after({"The ans"}, {.kind = ErrorKind::upstream_cut, .what = "cut"})
      .breaks_after({"The ans"}, {.kind = ErrorKind::upstream_cut, .what = "cut"});
  const Got got = road.send(kAskStream);
  EXPECT_EQ(got.bytes.find("colleague"), std::string::npos);
  EXPECT_EQ(got.error->kind, ErrorKind::upstream_cut);
  EXPECT_EQ(road.trail().fallback, "");
}

TEST(PipelineRungsTest, a_text_below_is_no_reason_to_leave_a_slow_model_early) {
  Plan plan = plan_with_text();
  plan.features[0].ladder.erase(plan.features[0].ladder.begin());
  Road road(std::move(plan));
  road.upstream.answers("ok");
  road.send(kAsk);
  EXPECT_EQ(road.upstream.sent().at(0).first_token, milliseconds{60'000});
}

TEST(PipelineRungsTest, the_limit_of_a_rung_bounds_what_is_set_aside) {
  Plan plan = small_plan();
  plan.features[0].ladder[0].output_tokens_max = 100;
  Road road(std::move(plan));
  road.upstream.answers("ok");
  road.send(kAsk);
  EXPECT_LE(road.trail().attempts.at(0).reserved.nanos, 100 * 2'000 + 100 * 1'000);
}

}  // namespace
}  // namespace plimsoll::app
