// Goal: a schema means what JSON Schema says, and what it cannot mean is refused.
// Method: a table of schema, value and verdict; each keyword on both sides.
#include "checks/json_schema_basic.h"

#include <gtest/gtest.h>

#include "checks/json_equal.h"

namespace plimsoll::checks {
namespace {

std::string verdict(std::string_view schema, std::string_view value) {
  const auto compiled = JsonSchemaBasic::compile(schema);
  if (!compiled) return "refused: " + compiled.error().what;
  json::Document document;
  const auto parsed = document.parse(value);
  if (!parsed) return "not JSON";
  std::string all;
  for (const Violation& one : compiled->judge(*parsed)) {
    all += one.where + " wants " + one.expected + " found " + one.found + "; ";
  }
  return all;
}

struct Row {
  std::string_view schema, good, bad;
};

TEST(JsonSchemaBasicTest, each_keyword_takes_the_good_and_refuses_the_bad) {
  const Row rows[] = {
      {R"({"type":"integer"})", "3.0", "3.5"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"type":"number"})", "1e3", "\"1\""},
      {R"({"enum":["a",{"x":1}]})", R"({"x":1.0})", "\"b\""},
      {R"({"const":[1,2]})", "[1,2]", "[2,1]"},
      {R"({"required":["a"]})", R"({"a":null})", "{}"},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x"})", R"({"a":1})"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1})", R"({"b":1})"},
      {R"({"additionalProperties":{"type":"null"}})", R"({"b":null})", R"({"b":1})"},
      {R"({"items":{"type":"boolean"},"minItems":1,"maxItems":2})", "[true]", "[]"},
      {R"({"maxItems":1})", "[1]", "[1,2]"},
      {R"({"minLength":2,"maxLength":2})", "\"\u00e4\u00f6\"", "\"a\""},
      {R"({"pattern":"^A[0-9]+$"})", "\"A12\"", "\"B12\""},
      {R"({"minimum":1,"maximum":2})", "2", "2.1"},
      {R"({"exclusiveMinimum":1,"exclusiveMaximum":2})", "1.5", "1"},
      {"true", "1", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict(row.schema, row.good), "") << row.schema;
    EXPECT_NE(verdict(row.schema, row.bad), "") << row.schema;
  }
  EXPECT_NE(verdict("false", "1"), "");
}

TEST(JsonSchemaBasicTest, a_violation_says_where_and_what) {
  EXPECT_EQ(verdict(R"({"properties":{"a/b":{"items":{"type":"string"}}}})", R"({"a/b":["x",7]})"),
            "/a~1b/1 wants string found 7; ");
  EXPECT_EQ(verdict(R"({"required":["order"]})", R"({"x":1})"),
            "/ wants a member \"order\" found {\"x\":1}; ");
}

TEST(JsonSchemaBasicTest, what_is_not_understood_is_refused) {
  for (const char* schema : {R"({"oneOf":[]})", R"({"type":"text"})", R"({"minLength":-1})",
                             R"({"pattern":"("})", R"({"properties":{"a":{"$ref":"#"}}})", "3", "{",
                             R"({"enum":[]})", R"({"enum":[1],"const":1})"}) {
    EXPECT_TRUE(verdict(schema, "1").starts_with("refused: schema at")) << schema;
  }
  EXPECT_NE(verdict(R"({"properties":{"a":{"$ref":"#"}}})", "1").find("/properties/a/$ref"),
            std::string::npos);
}

TEST(JsonSchemaBasicTest, a_schema_as_deep_as_an_attack_is_refused) {
  std::string schema = "true";
  for (int i = 0; i < 200; ++i) schema = R"({"items":)" + schema + "}";
  EXPECT_TRUE(verdict(schema, "1").starts_with("refused")) << schema;
}

bool same(std::string_view a, std::string_view b) {
  json::Document left, right;
  return same_json(*left.parse(a), *right.parse(b));
}

TEST(JsonEqualTest, order_of_members_does_not_matter_and_order_of_items_does) {
  EXPECT_TRUE(same(R"({"a":1,"b":[1,2]})", R"({"b":[1.0,2],"a":1e0})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same(R"({"a":1,"a":1})", R"({"a":1,"b":1})"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992")) << "integers compare exactly";
  EXPECT_TRUE(same("null", "null"));
  EXPECT_FALSE(same("true", "false"));
}

}  // namespace
}  // namespace plimsoll::checks
