// Goal: an answer fits the schema of its feature and the one that came with its
// request, on every road, or it does not leave.
// Method: as pipeline_test: the real stages between a scripted upstream and fake
// books; we assert on the client's bytes and the trail.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/fakes/road.h"

namespace plimsoll::app {
namespace {

using ports::scripted::answer;

constexpr const char* kSchema =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})";
constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

/// A request that brings `schema` along.
std::string ask_with(std::string_view schema, bool stream = false) {
  return fmt::format(
      R"({{"model":"bot","stream":{},"messages":[{{"role":"user","content":"hi"}}],)"
      R"("response_format":{{"type":"json_schema","json_schema":{{"name":"x","schema":{}}}}}}})",
      stream, schema);
}

Plan schema_plan() {
  Plan plan = small_plan();
  plan.features[0].output.schema = SchemaFile{.path = "s.json", .text = kSchema};
  return plan;
}

Plan client_plan(ClientSchema policy) {
  Plan plan = small_plan();
  plan.features[0].output.client_schema = policy;
  return plan;
}

std::string_view note_of(const Trail& trail) {
  std::string_view note;
  for (const ControlRun& run : trail.controls)
    if (run.control == "check_reply") note = run.note;
  return note;
}

TEST(PipelineSchemaTest, an_answer_that_does_not_fit_never_leaves_and_the_trail_says_why) {
  Road road(schema_plan());
  road.upstream.answers(R"({"n":"one"})").answers(R"({"n":1})");
  const Got got = road.send(kAsk);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(got.bytes.find("one"), std::string::npos);
  const Verdict& verdict = road.trail().attempts.at(0).verdict;
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].check, "json_schema");
  EXPECT_EQ(verdict.violations[0].where, "/n");
  EXPECT_EQ(verdict.violations[0].expected, "an integer (#/properties/n/type)");
}

TEST(PipelineSchemaTest, a_stream_that_does_not_fit_releases_no_byte) {
  Road road(schema_plan());
  for (int i = 0; i < 3; ++i) road.upstream.streams_text({"{\"n\":", " true}"});
  const Got got = road.send(kAskStream);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::reply_invalid);
  EXPECT_EQ(got.bytes, "");
}

TEST(PipelineSchemaTest, a_stream_that_cannot_fit_any_more_is_given_up_and_the_next_try_answers) {
  Road road(schema_plan());
  road.upstream.streams_text({"Sure", ", here is your JSON: ", "{\"n\":1}"});
  road.upstream.streams_text({"{\"n\"", ":1}"});
  const Got got = road.send(kAskStream);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(got.bytes.find("Sure"), std::string::npos);
  ASSERT_EQ(road.trail().attempts.size(), 2U);
  EXPECT_EQ(road.trail().attempts[0].verdict.violations.at(0).check, "json");
  bool stopped = false;
  for (const ControlRun& run : road.trail().controls)
    stopped = stopped || (run.attempt == 0 && run.note == "stopped early");
  EXPECT_TRUE(stopped);
  EXPECT_EQ(road.accounts.books.held, Money{0}) << "what was given up is settled";
  EXPECT_GT(road.accounts.books.spent, Money{0});
}

TEST(PipelineSchemaTest, a_clients_schema_is_enforced_on_whole_answers) {
  Road road(client_plan(ClientSchema::whole));
  road.upstream.answers(R"({"n":"one"})").answers(R"({"n":1})");
  const Got got = road.send(ask_with(kSchema).c_str());
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(road.upstream.calls(), 2);
  EXPECT_EQ(got.bytes.find("one"), std::string::npos);
  EXPECT_EQ(note_of(road.trail()), "client schema checked");
}

TEST(PipelineSchemaTest, a_clients_schema_on_a_stream_is_enforced_only_when_asked_for) {
  Road open(client_plan(ClientSchema::whole));
  open.upstream.streams_text({"{\"n\":", " true}"});
  EXPECT_FALSE(open.send(ask_with(kSchema, true).c_str()).error);
  Road held(client_plan(ClientSchema::enforce));
  for (int i = 0; i < 3; ++i) held.upstream.streams_text({"{\"n\":", " true}"});
  EXPECT_TRUE(held.send(ask_with(kSchema, true).c_str()).error);
}

TEST(PipelineSchemaTest, a_clients_schema_can_be_left_to_the_provider) {
  Road road(client_plan(ClientSchema::ignore));
  road.upstream.answers(R"({"n":"one"})");
  EXPECT_FALSE(road.send(ask_with(kSchema).c_str()).error);
  EXPECT_EQ(road.upstream.calls(), 1);
}

TEST(PipelineSchemaTest, a_schema_that_cannot_be_checked_is_said_and_refuses_nobody) {
  Road road(client_plan(ClientSchema::whole));
  road.upstream.answers(R"({"n":"one"})");
  EXPECT_FALSE(road.send(ask_with(R"({"type":"no such"})").c_str()).error);
  road.upstream.answers(R"({"n":1})");
  EXPECT_FALSE(road.send(ask_with(R"~({"properties":{"n":{"pattern":"(?=a)"}}})~").c_str()).error);
  EXPECT_EQ(note_of(road.trail()), "client schema checked in part");
}

TEST(PipelineSchemaTest, a_refusal_that_the_provider_declares_reaches_a_client_with_a_schema) {
  Road road(client_plan(ClientSchema::whole));
  Answer refusal = answer("");
  refusal.choices[0].refusal = "I will not.";
  road.upstream.answers(refusal);
  EXPECT_FALSE(road.send(ask_with(kSchema).c_str()).error);
  EXPECT_EQ(road.upstream.calls(), 1);
}

}  // namespace
}  // namespace plimsoll::app
