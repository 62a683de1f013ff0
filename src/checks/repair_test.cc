// Goal: an answer is mended only in ways that invent nothing, and only where the rules
// and the schema allow it.
// Method: answers as models write them, beside what is expected or that nothing is; a
// text that is valid before and after by an independent reader.
#include "checks/repair.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checks/strict_schema.h"

namespace plimsoll::checks {
namespace {

constexpr const char* kSchema = R"({
  "type": "object", "additionalProperties": false, "required": ["total", "items"],
  "properties": {
    "total": {"type": "integer"}, "paid": {"type": "boolean"}, "note": {"type": "string"},
    "items": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/item"}}},
  "$defs": {"item": {"type": "object", "additionalProperties": false,
                     "properties": {"price": {"type": "number"}}}}})";

std::string mended(std::string_view text, RepairRules rules, std::string* steps = nullptr,
                   const char* schema_text = kSchema) {
  json::Document document;
  std::optional<json::Value> schema;
  if (schema_text != nullptr) schema = *document.parse(schema_text);
  const auto repaired = repair_json(text, rules, schema);
  if (!repaired) return "-";
  if (steps != nullptr)
    for (const std::string& step : repaired->steps) *steps += step + ";";
  EXPECT_TRUE(nlohmann::json::accept(repaired->text)) << repaired->text;
  return repaired->text;
}

TEST(RepairTest, takes_json_out_of_fences_and_prose) {
  for (const char* text : {"```json\n{\"total\": 1}\n```", "Here it is:\n{\"total\": 1}",
                           "{\"total\": 1}\n\nAnything else?", "Sure {thing}: {\"total\": 1}"})
    EXPECT_EQ(mended(text, {}), "{\"total\": 1}") << text;
}

TEST(RepairTest, does_not_choose_between_two) {
  EXPECT_EQ(mended("{\"total\":1} or {\"total\":2}", {}), "-");
  EXPECT_EQ(mended("see [1]: {\"total\":2}", {}), "-");
}

TEST(RepairTest, touches_nothing_that_is_whole_and_nothing_it_may_not) {
  EXPECT_EQ(mended("{\"total\":1}", {}), "-");
  EXPECT_EQ(mended("```\n{\"total\":1}\n```", {.strip = false}), "-");
  EXPECT_EQ(mended("{\"total\":\"1\",\"x\":2}", {}), "-");
  EXPECT_EQ(mended("no json at all", {.coerce = true, .drop_unknown = true}), "-");
}

TEST(RepairTest, closes_what_the_schema_shows_to_be_complete) {
  std::string steps;
  EXPECT_EQ(mended(R"({"total":1,"paid":true,"note":"a","items":[{"price":1.5},{"price":2}])", {},
                   &steps),
            R"({"total":1,"paid":true,"note":"a","items":[{"price":1.5},{"price":2}]})");
  EXPECT_EQ(steps, "closed;");
  EXPECT_EQ(
      mended(R"({"total":1,"paid":true,"note":"a","items":[{"price":1.5},{"price":2}]  )", {}),
      R"({"total":1,"paid":true,"note":"a","items":[{"price":1.5},{"price":2}]  })");
}

TEST(RepairTest, closes_nothing_that_may_have_had_more) {
  const char* cut[] = {
      R"({"total":1,"items":[])",                                     // note, paid may follow
      R"({"paid":true,"note":"a","items":[],"total":1)",              // 1 or 12
      R"({"total":1,"paid":true,"note":"a","items":[{"price":1.5})",  // a second item may follow
      R"({"total":1,"paid":true,"note":"a)",                          // within a text
      R"({"total":1,"paid":true,"items":[{"price":1},{"price":2}],"note":)",
      R"({"total":1,"paid":true,"items":[{"price":1},{"price":2}],"note":"a",)",
      R"({"total":1]})",
      "{",
      ""};
  for (const char* text : cut) EXPECT_EQ(mended(text, {}), "-") << text;
}

TEST(RepairTest, closes_nothing_without_a_schema_that_says_so) {
  EXPECT_EQ(mended(R"({"a":"b")", {}, nullptr, nullptr), "-");
  EXPECT_EQ(mended(R"({"a":"b")", {}, nullptr, R"({"type":"object","properties":{"a":{}}})"), "-");
  EXPECT_EQ(mended(R"({"a":"b")", {}, nullptr,
                   R"({"additionalProperties":false,"properties":{"a":{}},"anyOf":[{}]})"),
            "-");
  EXPECT_EQ(
      mended(R"({"a":"b")", {}, nullptr, R"({"additionalProperties":false,"properties":{"a":{}}})"),
      R"({"a":"b"})");
}

TEST(RepairTest, coerces_texts_that_are_exactly_a_number_or_a_boolean) {
  std::string steps;
  EXPECT_EQ(mended(R"({"total": "12", "paid":"true","items":[{"price":"1.50"}]})", {.coerce = true},
                   &steps),
            R"({"total": 12,"paid":true,"items":[{"price":1.50}]})");
  EXPECT_EQ(steps, "coerced /total;coerced /paid;coerced /items/0/price;");
  for (const char* text :
       {R"({"total":"12 EUR"})", R"({"total":"1.5"})", R"({"total":""})", R"({"total":"012"})",
        R"({"note":"12"})", R"({"other":"12"})", R"({"paid":"yes"})", R"({"total":"1e3"})"})
    EXPECT_EQ(mended(text, {.coerce = true}), "-") << text;
}

TEST(RepairTest, keeps_numbers_of_any_length_as_they_were) {
  EXPECT_EQ(mended(R"({"total":"123456789012345678901234567890","items":[{"price":1.10}]})",
                   {.coerce = true}),
            R"({"total":123456789012345678901234567890,"items":[{"price":1.10}]})");
}

TEST(RepairTest, drops_members_that_the_schema_forbids_and_only_those) {
  std::string steps;
  EXPECT_EQ(mended(R"({"x":{"y":[1]},"total":1,"items":[{"price":1,"z":2}]})",
                   {.drop_unknown = true}, &steps),
            R"({"total":1,"items":[{"price":1}]})");
  EXPECT_EQ(steps, "dropped /x;dropped /items/0/z;");
  EXPECT_EQ(
      mended(R"({"x":1})", {.drop_unknown = true}, nullptr,
             R"({"additionalProperties":false,"properties":{},"patternProperties":{"x":{}}})"),
      "-");
}

TEST(RepairTest, does_several_things_at_once_and_says_so) {
  std::string steps;
  EXPECT_EQ(
      mended("```\n{\"total\":\"1\",\"x\":0}\n```", {.coerce = true, .drop_unknown = true}, &steps),
      R"({"total":1})");
  EXPECT_EQ(steps, "stripped;coerced /total;dropped /x;");
}

bool strict(const char* schema) {
  json::Document document;
  return keeps_strict_rules(*document.parse(schema));
}

TEST(StrictSchemaTest, takes_what_strict_modes_take) {
  EXPECT_TRUE(strict(R"({"type":"object","additionalProperties":false,"required":["a"],
    "properties":{"a":{"type":"array","items":{"anyOf":[{"type":"null"},{"enum":[1]}]}}}})"));
  EXPECT_TRUE(strict(R"({"type":"object","additionalProperties":false,"required":["a"],
    "properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}})"));
  for (
      const char* schema :
      {R"({"type":"object","properties":{},"required":[]})", R"({"type":"string"})",
       R"({"type":"object","additionalProperties":false,"properties":{"a":{}},"required":[]})",
       R"({"type":"object","additionalProperties":false,"properties":{"a":{"minLength":1}},"required":["a"]})",
       R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"object"}},"required":["a"]})",
       R"({"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"http://x"}},"required":["a"]})"})
    EXPECT_FALSE(strict(schema)) << schema;
}

}  // namespace
}  // namespace plimsoll::checks
