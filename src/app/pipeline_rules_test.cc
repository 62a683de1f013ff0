// Goal: a rung of rules answers without a model, in the client's words, whole and
// streamed; a critical feature lets nothing leave that rules have not made or
// confirmed.
// Method: the whole pipeline on fakes, as in pipeline_test.cc.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/fakes/road.h"
#include "config/compile.h"
#include "config/fakes/fake_environment.h"
#include "rules/table.h"

namespace plimsoll::app {
namespace {

std::shared_ptr<const RuleTable> refunds() {
  auto table = std::make_shared<RuleTable>();
  table->path = "refund.yaml";
  table->schema = R"({"type":"object","required":["amount"],"properties":{"amount":)"
                  R"({"type":"integer","minimum":0,"maximum":1000}}})";
  table->rows = {{.cells = {{.column = "amount", .text = "<= 50"}},
                  .then = R"({"decision": "approve", "cents": amount * 100})"},
                 {.then = R"({"decision": "refuse"})"}};
  return table;
}

Plan with_rules_only() {
  Plan plan = small_plan();
  Rung rung;
  rung.kind = Rung::Kind::rules;
  rung.table = refunds();
  plan.features[0].ladder = {rung};
  return plan;
}

Plan confirmed() {
  Plan plan = small_plan();
  plan.features[0].output.confirm = refunds();
  plan.features[0].critical = true;
  return plan;
}

std::string ask(std::string_view facts, bool stream = false) {
  return std::string(R"({"model":"bot",)") + (stream ? R"("stream":true,)" : "") +
         R"("messages":[{"role":"user","content":)" + json::quoted(facts) + "}]}";
}

TEST(RulesTest, a_table_answers_without_a_model_and_without_money) {
  for (const bool stream : {false, true}) {
    Road road(with_rules_only());
    const Got got = road.send(ask(R"({"amount": 20})", stream));
    ASSERT_FALSE(got.error) << got.error->what;
    EXPECT_EQ(got.streamed, stream);
    EXPECT_EQ(road.upstream.calls(), 0);
    EXPECT_EQ(road.trail().attempts.at(0).model, "rules");
    EXPECT_EQ(road.trail().attempts.at(0).cost, Money{0});
    EXPECT_EQ(road.trail().fallback, "rules");
    if (stream) EXPECT_EQ(got.bytes, R"({"decision":"approve","cents":2000})");
  }
}

TEST(RulesTest, facts_that_do_not_fit_are_the_clients_to_correct) {
  Road road(with_rules_only());
  const Got got = road.send(ask("give me my money back"));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::input_rejected);
  const Got beyond = road.send(ask(R"({"amount": 5000})"));
  EXPECT_NE(beyond.error->what.find("/amount"), std::string::npos) << beyond.error->what;
}

TEST(RulesTest, below_a_model_that_failed_the_table_answers) {
  Plan plan = with_rules_only();
  plan.features[0].ladder.insert(plan.features[0].ladder.begin(), Rung{.model = 0});
  Road road(std::move(plan));
  for (int i = 0; i < 3; ++i) road.upstream.fails(ErrorKind::upstream_server_error, 500);
  const Got got = road.send(ask(R"({"amount": 999})"));
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(road.trail().fallback, "rules");
}

TEST(RulesTest, a_models_answer_leaves_only_if_the_table_says_the_same) {
  Road road(confirmed());
  road.upstream.answers(R"({"decision":"approve","cents":99900})")
      .answers(R"({"cents": 2000.0, "decision": "approve"})");
  const Got got = road.send(ask(R"({"amount": 20})"));
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(road.upstream.calls(), 2);
  const Verdict& verdict = road.trail().attempts.at(0).verdict;
  ASSERT_EQ(verdict.violations.size(), 1U);
  EXPECT_EQ(verdict.violations[0].check, "confirm");
  EXPECT_EQ(got.bytes.find("99900"), std::string::npos);
}

TEST(RulesTest, what_the_table_cannot_decide_never_leaves) {
  Road road(confirmed());
  for (int i = 0; i < 3; ++i) road.upstream.answers(R"({"decision":"approve","cents":1})");
  const Got got = road.send(ask("please"));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->kind, ErrorKind::reply_invalid);
}

TEST(RulesTest, a_stream_is_held_until_it_is_confirmed) {
  Road road(confirmed());
  for (int i = 0; i < 3; ++i) road.upstream.streams_text({R"({"decision":)", R"("refuse"})"});
  const Got got = road.send(ask(R"({"amount": 20})", true));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.bytes, "");
}

/// The fenced blocks of a page, in order.
std::vector<std::string> blocks_of(const std::string& page, std::string_view language) {
  std::ifstream file(std::string(PLIMSOLL_SOURCE_DIR "/docs/guide/") + page);
  std::vector<std::string> blocks;
  std::string line;
  bool inside = false, wanted = false;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line == "```" + std::string(language);
      if (wanted) blocks.emplace_back();
    } else if (wanted) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST(RulesTest, the_tutorial_does_what_it_says) {
  const auto yaml = blocks_of("rules.md", "yaml");
  const auto json = blocks_of("rules.md", "json");
  ASSERT_EQ(yaml.size(), 2U);
  ASSERT_EQ(json.size(), 2U);
  config::FakeEnvironment environment;
  environment.files["rules/refund.yaml"] = yaml[0];
  const auto loaded = config::compile(yaml[1], "plimsoll.yaml", environment);
  ASSERT_TRUE(loaded.plan) << loaded.report();
  Road road(*loaded.plan);
  const Got got = road.send(json[0]);
  ASSERT_FALSE(got.error) << got.error->what;
  EXPECT_EQ(road.upstream.calls(), 0);
  EXPECT_TRUE(rules::equal_json(got.bytes, json[1])) << got.bytes;
}

TEST(RulesTest, what_the_tutorial_says_of_gaps_and_promises_is_said) {
  const auto yaml = blocks_of("rules.md", "yaml");
  const auto told = blocks_of("rules.md", "");
  ASSERT_EQ(yaml.size(), 2U);
  ASSERT_EQ(told.size(), 2U);
  config::FakeEnvironment environment;
  std::string gapped = yaml[0];
  const std::string last = "  - then: {decision: refuse, reason: too late}\n";
  gapped.erase(gapped.find(last), last.size());
  environment.files["rules/refund.yaml"] = gapped;
  const auto with_gap = config::compile(yaml[1], "plimsoll.yaml", environment).report();
  EXPECT_NE(with_gap.find(told[1].substr(0, told[1].size() - 1)), std::string::npos) << with_gap;
  environment.files["rules/refund.yaml"] = yaml[0];
  std::string broken = yaml[1];
  const std::string rung = "[{rules: rules/refund.yaml}]";
  broken.replace(broken.find(rung), rung.size(), "[{model: fast}]");
  const auto unproved = config::compile(broken, "plimsoll.yaml", environment).report();
  EXPECT_NE(unproved.find(told[0].substr(told[0].find("feature"))), std::string::npos) << unproved;
}

}  // namespace
}  // namespace plimsoll::app
