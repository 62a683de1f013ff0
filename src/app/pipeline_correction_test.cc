// Goal: an answer that breaks its contract is mended where that is certain, else asked
// for again with what was wrong; what could only fail again is not asked; and a request
// that breaks its contract costs nothing.
// Method: the real stages in their real order between a scripted upstream, fake books
// and a fake clock; we assert on what was asked, what came out and the trail.
#include <gtest/gtest.h>

#include "app/fakes/road.h"

namespace plimsoll::app {
namespace {

using ports::scripted::answer;

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kSchema =
    R"({"type":"object","additionalProperties":false,"required":["total"],
        "properties":{"total":{"type":"integer"}}})";

Plan schema_plan() {
  Plan plan = small_plan();
  plan.features[0].output.schema = SchemaFile{.path = "reply.json", .text = kSchema};
  return plan;
}

std::string words(const Road& road, std::size_t attempt) {
  return road.upstream.sent().at(attempt).correction;
}

TEST(PipelineCorrectionTest, the_next_try_is_told_exactly_what_was_wrong) {
  Road road(schema_plan());
  road.upstream.answers(R"({"total":"lots"})").answers(R"({"total":1})");
  EXPECT_NE(road.send(kAsk).bytes.find("total"), std::string::npos);
  EXPECT_EQ(words(road, 0), "");
  const std::string told = words(road, 1);
  EXPECT_NE(told.find("- at /total: expected an integer"), std::string::npos) << told;
  EXPECT_NE(told.find("found \"lots\""), std::string::npos) << told;
  EXPECT_NE(told.find(R"({"type":"object","additionalProperties":false)"), std::string::npos)
      << told;
  EXPECT_EQ(told.find("#/properties"), std::string::npos) << "a place in the schema helps nobody";
}

TEST(PipelineCorrectionTest, a_model_with_strict_schemas_gets_the_schema_itself) {
  Plan plan = schema_plan();
  plan.models[0].abilities.strict_schema = true;
  Road road(std::move(plan));
  road.upstream.answers("{}").answers(R"({"total":1})");
  road.send(kAsk);
  EXPECT_TRUE(road.upstream.sent().at(1).correction_schema);
  EXPECT_EQ(words(road, 1).find("additionalProperties"), std::string::npos);
}

TEST(PipelineCorrectionTest, a_rung_may_say_no_and_a_rung_may_say_always) {
  Plan plan = schema_plan();
  plan.features[0].ladder[0].tighten = false;
  Road silent(plan);
  silent.upstream.answers("{}").answers(R"({"total":1})");
  silent.send(kAsk);
  EXPECT_EQ(words(silent, 1), "");
  plan.features[0].ladder[0].tighten = true;
  Road always(plan);
  always.upstream.answers(R"({"total":1})");
  always.send(kAsk);
  EXPECT_NE(words(always, 0).find("JSON Schema"), std::string::npos);
  EXPECT_EQ(words(always, 0).find("refused"), std::string::npos) << "nothing was, yet";
}

TEST(PipelineCorrectionTest, the_page_may_say_it_in_its_own_words) {
  Plan plan = schema_plan();
  plan.features[0].output.correction = "Nein:\n{violations}";
  Road road(std::move(plan));
  road.upstream.answers(R"({"total":"{contract}"})").answers(R"({"total":1})");
  road.send(kAsk);
  EXPECT_TRUE(words(road, 1).starts_with("Nein:\n- at /total: expected an integer"))
      << words(road, 1);
  EXPECT_NE(words(road, 1).find("{contract}"), std::string::npos) << "an answer is no template";
}

TEST(PipelineCorrectionTest, a_failure_of_the_transport_tells_nothing_about_the_answer) {
  Road road(schema_plan());
  road.upstream.fails(ErrorKind::upstream_server_error, 500).answers(R"({"total":1})");
  road.send(kAsk);
  EXPECT_EQ(words(road, 1), "");
}

TEST(PipelineCorrectionTest, a_refusal_is_passed_on_and_not_argued_with) {
  Road road(schema_plan());
  Answer refusal = answer("");
  refusal.choices[0].refusal = "I cannot do that";
  road.upstream.answers(refusal);
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::reply_refused);
  EXPECT_EQ(road.upstream.calls(), 1);
}

Answer cut(std::string text) {
  Answer cut = answer(std::move(text));
  cut.choices[0].finish = Finish::length;
  return cut;
}

TEST(PipelineCorrectionTest, a_cut_answer_is_not_asked_for_with_the_same_limit) {
  Plan plan = schema_plan();
  plan.features[0].ladder = {{.model = 0, .output_tokens_max = 50},
                             {.model = 0, .output_tokens_max = 40},
                             {.model = 0, .output_tokens_max = 50, .tighten = true},
                             {.model = 0, .output_tokens_max = 90}};
  Road road(std::move(plan));
  road.upstream.answers(cut(R"({"tot)")).answers(R"({"total":1})");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).rung, 3);
}

TEST(PipelineCorrectionTest, a_prompt_that_is_too_long_goes_to_a_longer_context) {
  Plan plan = schema_plan();
  plan.models.push_back(plan.models[0]);
  plan.models.push_back(plan.models[0]);
  plan.models[0].context_tokens_max = 8'000;
  plan.models[2].context_tokens_max = 4'000;
  plan.models[3].context_tokens_max = 16'000;
  plan.features[0].ladder = {
      {.model = 0}, {.model = 0, .temperature = 0}, {.model = 2}, {.model = 3}};
  Road road(std::move(plan));
  road.upstream.fails(ErrorKind::upstream_context_too_long, 400).answers(R"({"total":1})");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.sent().at(1).rung, 3);
}

TEST(PipelineCorrectionTest, a_fenced_answer_is_mended_and_no_second_one_paid_for) {
  Road road(schema_plan());
  road.upstream.answers("Here:\n```json\n{\"total\": 1}\n```");
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(got.bytes, "{\"total\": 1}");
  EXPECT_EQ(road.trail().attempts.at(0).repaired, "stripped");
  EXPECT_EQ(road.accounts.books.spent, (Money{10 * 1'000 + 5 * 2'000}));
  EXPECT_EQ(road.accounts.books.held, Money{0});
}

TEST(PipelineCorrectionTest, a_fenced_stream_is_mended_too) {
  Road road(schema_plan());
  road.upstream.streams_text({"``", "`json\n{\"tot", "al\": 1}\n```"});
  const Got got = road.send(kAskStream);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_TRUE(got.streamed);
  EXPECT_EQ(got.bytes, "{\"total\": 1}");
}

TEST(PipelineCorrectionTest, what_a_mended_answer_says_is_still_judged) {
  Road road(schema_plan());
  road.upstream.answers("```\n{\"total\": \"1\"}\n```").answers(R"({"total":1})");
  EXPECT_FALSE(road.send(kAsk).error);
  EXPECT_EQ(road.upstream.calls(), 2);
  EXPECT_EQ(road.trail().attempts.at(0).repaired, "");
}

TEST(PipelineCorrectionTest, quotes_are_taken_off_only_where_the_feature_says_so) {
  Plan plan = schema_plan();
  plan.features[0].output.repair.coerce = true;
  Road road(std::move(plan));
  road.upstream.streams_text({R"({"total":)", R"("12"})"});
  EXPECT_EQ(road.send(kAskStream).bytes, R"({"total":12})");
  EXPECT_EQ(road.trail().attempts.at(0).repaired, "coerced /total");
}

TEST(PipelineCorrectionTest, a_cut_that_took_only_brackets_away_is_closed) {
  Road road(schema_plan());
  road.upstream.answers(cut("{\"total\": 1 "));
  EXPECT_EQ(road.send(kAsk).error.has_value(), true) << "1 may have been 12";
  Plan plan = schema_plan();
  plan.features[0].output.schema->text =
      R"({"additionalProperties":false,"properties":{"a":{"type":"string"}}})";
  Road closed(std::move(plan));
  closed.upstream.answers(cut("{\"a\": \"x\""));
  EXPECT_EQ(closed.send(kAsk).bytes, "{\"a\": \"x\"}");
}

TEST(PipelineCorrectionTest, a_request_that_is_too_long_never_costs_a_token) {
  Plan plan = small_plan();
  plan.features[0].input.max_chars = 3;
  Road road(std::move(plan));
  const Got got = road.send(
      R"({"model":"bot","messages":[{"role":"user","content":[{"type":"text","text":"äöü!"}]}]})");
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::input_rejected);
  EXPECT_NE(got.error->what.find("4 characters"), std::string::npos) << got.error->what;
  EXPECT_EQ(road.upstream.calls(), 0);
  road.upstream.answers("ok");
  EXPECT_FALSE(road.send(kAsk).error);
}

TEST(PipelineCorrectionTest, a_request_that_does_not_fit_its_schema_is_told_where) {
  Plan plan = small_plan();
  plan.features[0].input.schema = SchemaFile{.path = "ticket.json", .text = kSchema};
  Road road(std::move(plan));
  const Got wrong =
      road.send(R"({"model":"bot","messages":[{"role":"user","content":"{\"total\":\"x\"}"}]})");
  EXPECT_EQ(wrong.error->kind, ErrorKind::input_rejected);
  EXPECT_NE(wrong.error->what.find("at /total: expected an integer"), std::string::npos)
      << wrong.error->what;
  EXPECT_EQ(road.send(kAsk).error->kind, ErrorKind::input_rejected) << "no JSON at all";
  EXPECT_EQ(road.upstream.calls(), 0);
  road.upstream.answers("ok");
  EXPECT_FALSE(
      road.send(R"({"model":"bot","messages":[{"role":"user","content":"{\"total\":1}"}]})").error);
}

}  // namespace
}  // namespace plimsoll::app
