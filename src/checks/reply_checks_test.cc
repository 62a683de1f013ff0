// Goal: every rule of an output contract refuses what breaks it, passes what
// keeps it, and says exactly what was wrong.
// Method: answers built by hand, one rule at a time, against the compiled rules.
#include "checks/reply_checks.h"

#include <gtest/gtest.h>

#include <thread>

namespace plimsoll::checks {
namespace {

Answer answer_of(std::string text) {
  Answer answer;
  answer.choices.push_back({.text = std::move(text), .finish = Finish::stop});
  return answer;
}

Verdict judge(const OutputRules& rules, const Answer& answer, const Request& request = {}) {
  const auto checks = ReplyChecks::compile(rules);
  EXPECT_TRUE(checks);
  return checks->judge(answer, request);
}

std::vector<std::string> names(const Verdict& verdict) {
  std::vector<std::string> all;
  for (const Violation& violation : verdict.violations) all.push_back(violation.check);
  return all;
}

using Names = std::vector<std::string>;

TEST(ReplyChecksTest, plain_text_passes_the_defaults) {
  EXPECT_TRUE(judge({}, answer_of("hello")).passed());
}

TEST(ReplyChecksTest, an_answer_of_nothing_is_refused) {
  for (const char* text : {"", " \n\t"}) {
    const Verdict verdict = judge({}, answer_of(text));
    EXPECT_EQ(names(verdict), Names{"non_empty"});
    EXPECT_EQ(verdict.kind, ErrorKind::reply_invalid);
  }
  EXPECT_EQ(names(judge({}, Answer{})), Names{"non_empty"}) << "no choices at all";
  EXPECT_TRUE(judge({.non_empty = false}, answer_of("")).passed());
}

TEST(ReplyChecksTest, a_cut_answer_is_truncated_and_nothing_else) {
  Answer answer = answer_of("{\"a\":");
  answer.choices[0].finish = Finish::length;
  const Verdict verdict = judge({.json = true}, answer);
  EXPECT_EQ(names(verdict), Names{"not_truncated"});
  EXPECT_EQ(verdict.kind, ErrorKind::reply_truncated);
  EXPECT_EQ(verdict.violations[0].found, "cut by the token limit after 5 characters");
  EXPECT_TRUE(judge({.not_truncated = false}, answer).passed());
}

TEST(ReplyChecksTest, a_refusal_is_told_apart) {
  Answer refused;
  refused.choices.push_back({.refusal = "I cannot help.", .finish = Finish::stop});
  Verdict verdict = judge({.json = true}, refused);
  EXPECT_EQ(verdict.kind, ErrorKind::reply_refused);
  EXPECT_EQ(names(verdict), Names{"not_refused"});
  EXPECT_EQ(verdict.violations[0].found, "I cannot help.");

  Answer filtered = answer_of("half");
  filtered.choices[0].finish = Finish::content_filter;
  EXPECT_EQ(judge({}, filtered).kind, ErrorKind::reply_refused);
}

TEST(ReplyChecksTest, text_that_is_not_json_is_refused_where_json_is_promised) {
  const OutputRules rules{.json = true};
  EXPECT_TRUE(judge(rules, answer_of(" {\"a\": 1}\n")).passed());
  EXPECT_TRUE(judge(rules, answer_of("[1]")).passed());
  for (const char* text : {"```json\n{}\n```", "Here: {}", "{\"a\":1", "{} {}", "{'a':1}"}) {
    const Verdict verdict = judge(rules, answer_of(text));
    EXPECT_EQ(names(verdict), Names{"json"}) << text;
    EXPECT_EQ(verdict.kind, ErrorKind::reply_invalid);
  }
}

TEST(ReplyChecksTest, json_is_promised_too_when_the_request_asked_for_it) {
  Request asked;
  asked.json_asked = true;
  EXPECT_EQ(names(judge({}, answer_of("prose"), asked)), Names{"json"});
  EXPECT_TRUE(judge({}, answer_of("{}"), asked).passed());
  EXPECT_TRUE(judge({}, answer_of("prose")).passed());
}

TEST(ReplyChecksTest, each_missing_key_is_named) {
  const OutputRules rules{.json_required = {"order", "a\"b"}};
  const Verdict verdict = judge(rules, answer_of("{\"total\": 1}"));
  ASSERT_EQ(names(verdict), (Names{"json_required", "json_required"}));
  EXPECT_EQ(verdict.violations[0].expected, "the top-level key \"order\"");
  EXPECT_EQ(verdict.violations[1].expected, "the top-level key \"a\\\"b\"");
  EXPECT_EQ(judge(rules, answer_of("[]")).violations[0].found, "an array");
  EXPECT_TRUE(judge(rules, answer_of("{\"order\": null, \"a\\\"b\": 2}")).passed());
}

TEST(ReplyChecksTest, wording_rules_quote_the_evidence) {
  const OutputRules rules{
      .must_contain = {"order"}, .must_match = {"#[0-9]{4}"}, .must_not_match = {"(?i)as an ai"}};
  EXPECT_TRUE(judge(rules, answer_of("order #1234")).passed());
  const Verdict verdict = judge(rules, answer_of("As an AI I like Orders"));
  ASSERT_EQ(names(verdict), (Names{"must_contain", "must_match", "must_not_match"}));
  EXPECT_EQ(verdict.violations[2].found, "As an AI");
  EXPECT_EQ(verdict.violations[2].expected, "no text that matches /(?i)as an ai/");
}

TEST(ReplyChecksTest, length_counts_code_points) {
  const OutputRules rules{.min_chars = 3, .max_chars = 4};
  EXPECT_TRUE(judge(rules, answer_of("\u00e9\u00e9\u00e9\u00e9")).passed());
  EXPECT_EQ(names(judge(rules, answer_of("\u00e9\u00e9"))), Names{"min_chars"});
  EXPECT_EQ(judge(rules, answer_of("abcde")).violations[0].found, "5 characters");
}

TEST(ReplyChecksTest, every_choice_is_checked_and_the_gravest_kind_wins) {
  Answer answer = answer_of("{}");
  answer.choices.push_back({.text = "prose", .finish = Finish::stop});
  answer.choices.push_back({.refusal = "no", .finish = Finish::stop});
  answer.choices.push_back({.text = "{", .finish = Finish::length});
  const Verdict verdict = judge({.json = true}, answer);
  EXPECT_EQ(names(verdict), (Names{"json", "not_refused", "not_truncated"}));
  EXPECT_EQ(verdict.violations[0].where, "choice 1");
  EXPECT_EQ(verdict.violations[2].where, "choice 3");
  EXPECT_EQ(verdict.kind, ErrorKind::reply_refused);
}

TEST(ReplyChecksTest, tool_calls_without_text_have_nothing_to_check) {
  Answer answer;
  answer.choices.push_back({.tool_calls = {{"1", "look_up", "{}"}}, .finish = Finish::tool_calls});
  const OutputRules rules{.json = true, .must_contain = {"order"}, .min_chars = 10};
  EXPECT_TRUE(judge(rules, answer).passed());
  answer.choices[0].text = "as an ai";
  EXPECT_FALSE(judge({.must_not_match = {"as an ai"}}, answer).passed());
}

TEST(ReplyChecksTest, evidence_is_short) {
  const Verdict verdict =
      judge({.json = true, .must_contain = {"x"}}, answer_of(std::string(5'000, 'a')));
  for (const Violation& violation : verdict.violations) EXPECT_LE(violation.found.size(), 200U);
}

TEST(ReplyChecksTest, a_pattern_that_does_not_compile_stops_compilation) {
  EXPECT_EQ(ReplyChecks::compile({.must_match = {"("}}).error().kind, ErrorKind::config_invalid);
  EXPECT_EQ(ReplyChecks::compile({.must_not_match = {"(?=x)"}}).error().kind,
            ErrorKind::config_invalid);
}

TEST(ReplyChecksTest, threads_share_one_set_of_checks) {
  const auto checks = ReplyChecks::compile({.json = true, .must_match = {"a+b"}});
  ASSERT_TRUE(checks);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&checks] {
      for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(checks->judge(answer_of("{\"x\":\"aab\"}"), {}).passed());
        EXPECT_FALSE(checks->judge(answer_of("{\"x\":\"b\"}"), {}).passed());
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace plimsoll::checks
