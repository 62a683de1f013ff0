// Goal: every check passes what is right, objects to what is wrong with evidence,
// and is refused when it could not mean anything.
// Method: tables of check, answer and verdict.
#include "eval/scorers.h"

#include <gtest/gtest.h>

#include "eval/rules.h"

namespace plimsoll::eval {
namespace {

/// "" when passed, the evidence when not, "refused: ..." when it does not compile.
std::string verdict(std::string_view spec, std::string_view answer,
                    std::string_view expected = "") {
  json::Document spec_document, expected_document;
  const auto parsed = spec_document.parse(spec);
  if (!parsed) return "spec is not JSON";
  json::Value wanted;
  if (!expected.empty()) wanted = *expected_document.parse(expected);
  const auto check = Check::compile(*parsed, expected.empty() ? nullptr : &wanted);
  if (!check) return "refused: " + check.error().what + " / " + check.error().hint;
  const Score score = check->score(answer);
  EXPECT_EQ(score.passed, score.evidence.empty());
  return score.evidence;
}

struct Row {
  std::string_view spec, good, bad;
};

TEST(ScorersTest, each_type_passes_the_good_and_objects_to_the_bad) {
  const Row rows[] = {
      {R"({"type":"equals","value":"Yes"})", " Yes\n", "yes"},
      {R"({"type":"equals","value":"yes sir","normalise":["case","space","punctuation","trim"]})",
       "  Yes,   SIR! ", "yes sirs"},
      {R"({"type":"equals","value":"x","normalise":["case"]})", "X", " X"},
      {R"({"type":"contains","any":["red","blue"]})", "a blue one", "a green one"},
      {R"({"type":"contains","all":["red","blue"]})", "red and blue", "only red"},
      {R"({"type":"contains","value":"RED","ignore_case":true})", "so red", "so blue"},
      {R"({"type":"not_contains","any":["sorry","cannot"]})", "done", "I cannot"},
      {R"({"type":"regex","pattern":"^[A-Z]{2}-\\d+$"})", "AB-12", "AB-x"},
      {R"({"type":"json"})", "[1]", "```json\n[1]\n```"},
      {R"({"type":"json","value":{"a":1,"b":[2]}})", R"({"b":[2.0],"a":1})", R"({"a":1,"b":[3]})"},
      {R"({"type":"json","value":{"a":1,"b":2},"fields":["a"]})", R"({"a":1,"b":9})", R"({"b":2})"},
      {R"({"type":"json_schema","schema":{"type":"object","required":["a"]}})", R"({"a":1})", "{}"},
      {R"({"type":"numeric","value":42})", "The answer is 42.", "The answer is 43."},
      {R"({"type":"numeric","value":1234.5,"tolerance":0.1})", "about $1,234.58", "1,235"},
      {R"({"type":"numeric","value":100,"relative":0.05})", "95", "94.9"},
      {R"({"type":"numeric","value":0.3})", "0.1 + 0.2 = 0.3", "none"},
      {R"({"type":"numeric","value":7,"pick":"first"})", "7 of 9", "9 of 7"},
      {R"({"type":"numeric","value":7,"pick":"only"})", "7", "7 and 7"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict(row.spec, row.good), "") << row.spec;
    const std::string evidence = verdict(row.spec, row.bad);
    EXPECT_NE(evidence, "") << row.spec;
    EXPECT_FALSE(evidence.starts_with("refused")) << evidence;
  }
}

TEST(ScorersTest, a_value_left_out_is_what_the_case_expects) {
  EXPECT_EQ(verdict(R"({"type":"equals"})", "hi", "\"hi\""), "");
  EXPECT_NE(verdict(R"({"type":"json","fields":["a"]})", R"({"a":2})", R"({"a":1,"b":1})"), "");
  EXPECT_EQ(verdict(R"({"type":"json","fields":["a"]})", R"({"a":1})", R"({"a":1,"b":1})"), "");
  EXPECT_EQ(verdict(R"({"type":"numeric"})", "5", "5"), "");
}

TEST(ScorersTest, evidence_says_what_was_wanted_and_found) {
  EXPECT_EQ(verdict(R"({"type":"json","fields":["intent"]})", R"({"intent":"status"})",
                    R"({"intent":"refund"})"),
            R"(intent: wanted "refund", found "status")");
  EXPECT_EQ(verdict(R"({"type":"numeric","value":2,"tolerance":0.5})", "9"),
            "wanted 2 within 0.5, found 9");
}

TEST(ScorersTest, a_check_that_means_nothing_is_refused_with_a_way_out) {
  EXPECT_EQ(verdict(R"({"type":"contain","value":"x"})", ""),
            "refused: there is no check of type \"contain\" / did you mean \"contains\"?");
  EXPECT_EQ(
      verdict(R"({"type":"contains","ignore_cas":"x"})", ""),
      "refused: a \"contains\" check has no key \"ignore_cas\" / did you mean \"ignore_case\"?");
  for (const char* spec :
       {R"({"type":"equals"})", R"({"type":"contains"})", R"({"type":"contains","any":[]})",
        R"({"type":"contains","any":["a"],"all":["b"]})", R"({"type":"not_contains","all":["b"]})",
        R"({"type":"regex","pattern":"("})", R"({"type":"numeric"})", R"([])", R"({})",
        R"({"type":"json","value":{"a":1},"fields":["b"]})",
        R"({"type":"json_schema","schema":{"type":"x"}})",
        R"({"type":"numeric","value":1,"tolerance":-1})",
        R"({"type":"equals","value":"x","normalise":["upper"]})"}) {
    EXPECT_TRUE(verdict(spec, "").starts_with("refused")) << spec;
  }
}

TEST(ScorersTest, the_check_of_a_bare_expectation_fits_its_kind) {
  json::Document document;
  const auto type_for = [&](std::string_view expected, std::string_view answer) {
    const Score score = Check::from_expected(*document.parse(expected))->score(answer);
    EXPECT_TRUE(score.passed) << score.evidence;
    return score.check;
  };
  EXPECT_EQ(type_for("\"yes\"", "yes "), "equals");
  EXPECT_EQ(type_for("4.5", "it is 4.50"), "numeric");
  EXPECT_EQ(type_for(R"({"a":[true]})", R"( {"a":[true]} )"), "json");
}

TEST(ScorersTest, numbers_are_found_as_people_write_them) {
  using List = std::vector<double>;
  EXPECT_EQ(numbers_in("1,234,567.8 and -3, .5 2e3"), (List{1234567.8, -3, 0.5, 2000}));
  EXPECT_EQ(numbers_in("pages 3-4, AB-12"), (List{3, 4, 12}));
  EXPECT_EQ(numbers_in("1,2,3 and 1,23"), (List{1, 2, 3, 1, 23}));
  EXPECT_EQ(numbers_in("12."), (List{12}));
  EXPECT_EQ(numbers_in("none e5."), (List{5}));
  EXPECT_TRUE(numbers_in("").empty());
}

}  // namespace
}  // namespace plimsoll::eval
