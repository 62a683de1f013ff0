// Goal: a golden set is read as written, or refused with every problem at once.
// Method: small texts; the shipped example set; rendered messages byte by byte.
#include "eval/dataset.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace plimsoll::eval {
namespace {

std::string problems_of(std::string_view text) {
  const auto set = parse_dataset(text);
  return set ? "" : render(set.error(), "g.jsonl");
}

TEST(DatasetTest, all_three_forms_of_input_become_request_bodies) {
  const auto set = parse_dataset(
      "{\"id\":\"a\",\"input\":\"say \\\"hi\\\"\",\"expected\":\"hi\"}\n\n"
      "{\"id\":\"b\",\"input\":[{\"role\":\"user\",\"content\":\"x\"}],\"expected\":1,"
      "\"weight\":2.5,\"tags\":[\"t\"],\"stream\":true}\r\n"
      "{\"id\":\"c\",\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
      "\"temperature\":0},\"checks\":[{\"type\":\"json\"}]}");
  ASSERT_TRUE(set.has_value()) << render(set.error(), "g");
  ASSERT_EQ(set->cases.size(), 3U);
  EXPECT_EQ(request_body(set->cases[0], "bot", false),
            R"({"model":"bot","messages":[{"role":"user","content":"say \"hi\""}]})");
  EXPECT_EQ(request_body(set->cases[1], "bot", true),
            R"({"model":"bot","stream":true,"stream_options":{"include_usage":true},)"
            R"("messages":[{"role":"user","content":"x"}]})");
  const auto body = nlohmann::json::parse(request_body(set->cases[2], "bot", false));
  EXPECT_EQ(body["temperature"], 0);
  EXPECT_EQ(set->cases[1].weight, 2.5);
  EXPECT_EQ(set->cases[1].tags, std::vector<std::string>{"t"});
  EXPECT_TRUE(set->cases[1].stream);
  EXPECT_EQ(set->hash.size(), 32U);
}

TEST(DatasetTest, problems_are_told_with_line_reason_and_remedy) {
  EXPECT_EQ(problems_of("{\"id\":\"a\",\"input\":\"x\",\"expcted\":1,\"expected\":1}\n"),
            "g.jsonl:1: error: unknown key \"expcted\" [dataset_unknown_key]\n"
            "  why: a misspelt rule would not be applied, and the case would pass too easily\n"
            "  fix: did you mean \"expected\"?\n");
  EXPECT_EQ(problems_of("{\"id\":\"a\",\"input\":\"x\",\"expected\":1}\n"
                        "{\"id\":\"a\",\"input\":\"y\",\"expected\":1}\n"),
            "g.jsonl:2: error: id \"a\" is that of line 1 too [dataset_repeated_id]\n"
            "  why: their results could not be told apart\n"
            "  fix: give each case an id of its own\n");
}

TEST(DatasetTest, everything_wrong_is_told_at_once) {
  const auto set = parse_dataset(
      "{\"id\":1,\"input\":\"\",\"weight\":0}\n"
      "not json\n"
      "[]\n"
      "{\"id\":\"x\",\"input\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]},"
      "\"checks\":[{\"type\":\"regex\",\"pattern\":\"(\"},{\"type\":\"nope\"}],\"stream\":1,"
      "\"tags\":[1]}\n");
  ASSERT_FALSE(set.has_value());
  std::string tokens;
  for (const Problem& one : set.error()) {
    tokens += std::to_string(one.line) + one.token.substr(7) + " ";
    EXPECT_FALSE(one.fix.empty()) << one.what;
    EXPECT_FALSE(one.why.empty()) << one.what;
  }
  EXPECT_EQ(tokens,
            "1_no_id 1_bad_input 1_nothing_to_check 1_bad_value 2_not_json 3_not_json "
            "4_bad_input 4_bad_check 4_bad_check 4_bad_value 4_bad_value ");
}

TEST(DatasetTest, an_empty_file_and_a_repeated_key_are_refused) {
  EXPECT_NE(problems_of("\n \n").find("dataset_empty"), std::string::npos);
  EXPECT_NE(problems_of("{\"id\":\"a\",\"id\":\"b\",\"input\":\"x\",\"expected\":1}")
                .find("dataset_repeated_key"),
            std::string::npos);
}

TEST(DatasetTest, a_flood_of_problems_is_counted) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "nonsense\n";
  EXPECT_TRUE(problems_of(text).ends_with("... and 40 more\n"));
}

TEST(DatasetTest, the_hash_is_that_of_the_bytes) {
  const std::string text = "{\"id\":\"a\",\"input\":\"x\",\"expected\":1}";
  EXPECT_EQ(parse_dataset(text)->hash, parse_dataset(text)->hash);
  EXPECT_NE(parse_dataset(text)->hash, parse_dataset(text + "\n")->hash);
}

std::string shipped_set() {
  std::ifstream file(PLIMSOLL_SOURCE_DIR "/examples/golden/support.jsonl");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The simulated provider answers with `expected`, so that must pass its own checks.
TEST(DatasetTest, every_shipped_case_accepts_its_own_expected_answer) {
  const std::string text = shipped_set();
  const auto set = parse_dataset(text);
  ASSERT_TRUE(set.has_value()) << render(set.error(), "support.jsonl");
  EXPECT_EQ(set->cases.size(), 60U);
  std::istringstream lines(text);
  std::string line;
  for (const Case& one : set->cases) {
    std::getline(lines, line);
    const std::string answer = nlohmann::json::parse(line)["expected"].dump();
    for (const Check& check : one.checks) {
      EXPECT_EQ(check.score(answer).evidence, "") << one.id;
      EXPECT_FALSE(check.score("Sure! " + answer).passed) << one.id;
    }
  }
}

}  // namespace
}  // namespace plimsoll::eval
