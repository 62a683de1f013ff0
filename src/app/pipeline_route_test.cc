// Goal: a feature's route chooses the model that is asked first, says so in the
// Trail, and leaves the ladder whole; requirements in CEL refuse answers with
// evidence, and what does not hold is asked again.
// Method: the whole pipeline on fakes, as in pipeline_test.cc.
#include <gtest/gtest.h>

#include "app/fakes/road.h"
#include "stages/choose.h"

namespace plimsoll::app {
namespace {

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskWithTools =
    R"({"model":"bot","messages":[{"role":"user","content":"hi"}],)"
    R"("tools":[{"type":"function","function":{"name":"buy"}}]})";

Plan routed(std::vector<RouteRule> rules) {
  Plan plan = small_plan();
  plan.features[0].route = std::move(rules);
  return plan;
}

std::string_view note_of(const Trail& trail) {
  for (const ControlRun& run : trail.controls)
    if (run.control == "choose") return run.note;
  return "did not run";
}

TEST(RouteTest, the_first_rule_that_holds_chooses) {
  Road road(routed({{.when = "size(request.tools) > 0", .model = 1},
                    {.when = "request.input_tokens > 100000", .model = 1}}));
  road.upstream.answers("plain").answers("tooled");
  road.send(kAsk);
  EXPECT_EQ(note_of(road.trail()), "no rule held");
  road.send(kAskWithTools);
  EXPECT_EQ(note_of(road.trail()), "rule 1");
  ASSERT_EQ(road.upstream.calls(), 2);
  EXPECT_EQ(road.upstream.sent()[0].model, "m-small");
  EXPECT_EQ(road.upstream.sent()[1].model, "m-large");
}

TEST(RouteTest, the_rest_of_the_ladder_stays_behind_the_chosen_model) {
  Road road(routed({{.when = "", .model = 1}}));
  road.upstream.fails(ErrorKind::upstream_server_error, 500)
      .fails(ErrorKind::upstream_server_error, 500)
      .answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
  ASSERT_EQ(road.upstream.calls(), 3);
  EXPECT_EQ(road.upstream.sent()[0].model, "m-large");
  EXPECT_EQ(road.upstream.sent()[2].model, "m-small");
}

TEST(RouteTest, what_cannot_be_decided_does_not_hold_and_is_told) {
  Road road(routed({{.when = "request.metadata.tier == 'gold'", .model = 1},
                    {.when = "request.messages == 1", .model = 0}}));
  road.upstream.answers("ok");
  road.send(kAsk);
  EXPECT_EQ(note_of(road.trail()), "rule 2; one above it could not be decided");
}

TEST(RouteTest, tokens_time_and_the_rest_are_known_before_the_call) {
  Road road(routed({{.when = "request.input_tokens > 0 && request.input_tokens < 100 && "
                             "request.feature == 'bot' && request.time_left > duration('1s') && "
                             "!has(request.cost_left)",
                     .model = 1}}));
  road.upstream.answers("ok");
  road.send(kAsk);
  EXPECT_EQ(note_of(road.trail()), "rule 1");
}

TEST(RouteTest, a_condition_that_does_not_compile_stops_the_plan) {
  tokens::Calibration calibration;
  ports::FakeTimers timers;
  const stages::Counting counting{.timers = timers, .calibration = calibration};
  const auto made =
      stages::Choose::compile(routed({{.when = "request.txt", .model = 1}}), counting);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, ErrorKind::config_invalid);
}

TEST(RequireTest, an_answer_that_breaks_a_condition_is_asked_again) {
  Plan plan = small_plan();
  plan.features[0].output.require = {"answer.total == answer.net + answer.tax",
                                     "answer.note.contains(request.user) || request.user == ''"};
  Road road(std::move(plan));
  road.upstream.answers(R"({"total":21,"net":18,"tax":2.5,"note":""})")
      .answers(R"({"total":20.5,"net":18,"tax":2.5,"note":""})");
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error) << got.error->what;
  ASSERT_EQ(road.upstream.calls(), 2);
  const Verdict& verdict = road.trail().attempts.at(0).verdict;
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].check, "require");
  EXPECT_EQ(verdict.violations[0].expected, "answer.total == answer.net + answer.tax to hold");
  EXPECT_EQ(verdict.violations[0].found,
            "it is false, with answer.total = 21, answer.net = 18, answer.tax = 2.5");
}

TEST(RequireTest, what_cannot_be_decided_is_refused) {
  Plan plan = small_plan();
  plan.features[0].output.require = {"answer.total > 0"};
  Road road(std::move(plan));
  for (int i = 0; i < 3; ++i) road.upstream.answers("{}");
  const Got got = road.send(kAsk);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::reply_invalid);
  EXPECT_EQ(road.trail().attempts.at(0).verdict.violations.at(0).found,
            "it cannot be decided: no such key: total");
}

TEST(RequireTest, a_condition_over_the_text_alone_asks_for_no_json) {
  Plan plan = small_plan();
  plan.features[0].output.require = {"size(text) < 10"};
  Road road(std::move(plan));
  road.upstream.answers("short");
  EXPECT_FALSE(road.send(kAsk).error);
}

}  // namespace
}  // namespace plimsoll::app
