// Goal: a prefix is refused only when no continuation fits, and as early as that is
// certain; how the text is cut does not matter.
// Method: every text over a small set of tokens, up to some length, is judged whole
// by the validator; each prefix is fed and held against what its continuations are
// worth. Curated prefixes pin the byte at which it is certain.
#include "checks/prefix_validator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace plimsoll::checks {
namespace {

JsonSchema compiled(std::string_view schema) {
  auto result = JsonSchema::compile(schema);
  EXPECT_TRUE(result) << schema << ": " << (result ? "" : result.error().what);
  return *result;
}

/// Bytes until it is certain, fed one by one; the whole size and one when never.
std::size_t refused_at(const JsonSchema& schema, std::string_view text) {
  PrefixValidator validator(schema);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!validator.feed(text.substr(i, 1))) return i + 1;
  return text.size() + 1;
}

struct Row {
  std::string_view schema, text;
  std::size_t at;
};

TEST(PrefixValidatorTest, it_is_certain_at_the_earliest_byte) {
  const Row rows[] = {
      {"true", "Sure, here", 1},
      {"true", "```json", 1},
      {"true", "{\"a\" 1", 6},
      {"true", "1 2", 3},
      {"true", "01", 2},
      {"true", "trux", 4},
      {R"({"type":"object"})", " [", 2},
      {R"({"type":"integer"})", "1.5 ", 4},
      {R"({"type":"integer"})", "1.0 ", 5},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":1)", 6},
      {R"({"properties":{"abc":true},"additionalProperties":false})", R"({"abd":1)", 5},
      {R"({"properties":{"abc":true},"additionalProperties":false})", R"({"ab":1)", 5},
      {R"({"enum":["red","green"]})", "\"gray\"", 4},
      {R"({"enum":["red",3]})", "tr", 1},
      {R"({"const":false})", "tr", 1},
      {R"({"enum":[1,2]})", "3 ", 2},
      {R"({"maxLength":2})", "\"abc", 4},
      {R"({"minLength":2})", "\"a\"", 3},
      {R"({"pattern":"^a"})", "\"ba\"", 4},
      {R"({"items":{"type":"null"}})", "[null,1", 7},
      {R"({"maxItems":1})", "[1,2", 4},
      {R"({"minItems":1})", "[]", 2},
      {R"({"prefixItems":[true],"items":false})", "[1,2", 4},
      {R"({"required":["a","b"]})", R"({"a":1})", 7},
      {R"({"minimum":5})", "4,", 2},
      {R"({"maxProperties":1})", R"({"a":1,")", 8},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1", 1},
      {R"({"oneOf":[{"properties":{"k":{"const":"x"}},"required":["k"]},
                    {"properties":{"k":{"const":"y"}},"required":["k"]}]})",
       R"({"k":"z")", 7},
      {R"({"if":{"type":"string"},"then":{"maxLength":1},"else":{"type":"null"}})", "1", 2},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/a"},"type":"array"}}})",
       "[[[1", 4},
  };
  for (const Row& row : rows)
    EXPECT_EQ(refused_at(compiled(row.schema), row.text), row.at) << row.schema << " " << row.text;
}

TEST(PrefixValidatorTest, what_it_says_names_the_place_the_rule_and_the_bytes) {
  PrefixValidator validator(compiled(
      R"({"properties":{"a":{"items":{"properties":{"k":true},"additionalProperties":false}}}})"));
  EXPECT_TRUE(validator.feed(R"({"a":[{"k":1},{"k")"));
  EXPECT_FALSE(validator.feed(R"(:1,"zzz":2)"));
  EXPECT_FALSE(validator.feed("}]}")) << "it stays so";
  const Violation violation = validator.violation();
  EXPECT_EQ(violation.where, "/a/1/zzz");
  EXPECT_EQ(violation.expected, "only the members \"k\" (#/properties/a/items)");
  EXPECT_NE(violation.found.find("(stopped after "), std::string::npos);
}

TEST(PrefixValidatorTest, a_text_that_ends_too_soon_is_no_value) {
  for (const char* text : {"", " ", "{", "[1", "\"a", "tru", "1.", "-", "{\"a\":"}) {
    PrefixValidator validator(std::nullopt);
    EXPECT_TRUE(validator.feed(text)) << text;
    EXPECT_FALSE(validator.finish()) << text;
  }
  for (const char* text : {"1", "{}", " [1, 2.5e-3] ", "\"\\u00e4\\n\"", "null"}) {
    PrefixValidator validator(std::nullopt);
    EXPECT_TRUE(validator.feed(text) && validator.finish()) << text;
  }
}

// ---- every text over a few tokens ------------------------------------------------

constexpr std::string_view kTokens[] = {"{",     "}",      "[", "]",  ",",   ":",    "\"a\"",
                                        "\"b\"", "\"ab\"", "1", "-2", "1.5", "null", "true"};
constexpr std::size_t kTokensMax = 5;

/// Every text of at most kTokensMax tokens that is JSON.
const std::vector<std::string>& universe() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> all, frontier = {""};
    PrefixValidator syntax(std::nullopt);
    for (std::size_t length = 0; length <= kTokensMax + 2; ++length) {
      std::vector<std::string> longer;
      for (const std::string& text : frontier)
        for (const std::string_view token : kTokens) {
          std::string more = text + std::string(token);
          PrefixValidator validator(std::nullopt);
          if (!validator.feed(more)) continue;
          if (validator.finish()) all.push_back(more);
          if (length < kTokensMax + 2) longer.push_back(std::move(more));
        }
      frontier = std::move(longer);
      if (all.size() > 20'000) break;
    }
    return all;
  }();
  return texts;
}

TEST(PrefixValidatorTest, no_prefix_of_a_text_that_fits_is_ever_refused) {
  const char* schemas[] = {
      "true",
      R"({"type":["object","null"]})",
      R"({"type":"integer","minimum":-1})",
      R"({"enum":["a",1,[1],{"a":1}]})",
      R"({"const":{"a":"b"}})",
      R"({"properties":{"a":{"type":"integer"},"b":{"maxLength":1}},"required":["a"]})",
      R"({"properties":{"a":true},"additionalProperties":false,"minProperties":1})",
      R"({"properties":{"a":true},"additionalProperties":{"type":"null"}})",
      R"({"patternProperties":{"^a":{"type":"null"}},"additionalProperties":false})",
      R"({"items":{"type":"integer"},"minItems":1,"maxItems":2})",
      R"({"prefixItems":[{"const":1},{"type":"array"}],"items":false})",
      R"({"anyOf":[{"type":"string"},{"items":{"type":"string"},"type":"array"}]})",
      R"({"oneOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"required":["b"]}]})",
      R"({"allOf":[{"maxItems":1},{"items":{"$ref":"#"}}]})",
      R"({"if":{"type":"string"},"then":{"minLength":2},"else":{"type":["array","object"]}})",
      R"({"not":{"type":"array"}})",
      R"({"type":"object","propertyNames":{"maxLength":1},"additionalProperties":{"$ref":"#"}})",
      R"({"dependentRequired":{"a":["b"]},"maxProperties":1})",
      R"({"anyOf":[{"properties":{"a":true},"required":["a"]},{"type":"number"}],
          "unevaluatedProperties":false})",
  };
  std::size_t refusals = 0, positions = 0, broken = 0, seen = 0;
  for (const char* text : schemas) {
    const JsonSchema schema = compiled(text);
    json::Document document;
    for (const std::string& one : universe()) {
      const auto value = document.parse(one);
      ASSERT_TRUE(value) << one;
      const bool fits = schema.check(*value, one) == JsonSchema::Outcome::fits;
      PrefixValidator whole(schema), pieces(schema);
      const bool taken = whole.feed(one) && whole.finish();
      const std::size_t at = refused_at(schema, one);
      if (fits) {
        ASSERT_TRUE(taken) << text << " refuses " << one;
        ASSERT_EQ(at, one.size() + 1) << text << " refuses " << one;
        continue;
      }
      ++broken;
      if (taken) continue;
      ++seen;
      if (at > one.size()) continue;  // seen at the end only
      ++refusals;
      positions += at * 100 / one.size();
    }
  }
  std::printf(
      "%zu texts, %zu judgements against them: %zu seen, %zu before the end, "
      "at %zu %% of the text in the mean\n",
      universe().size(), broken, seen, refusals, positions / std::max<std::size_t>(refusals, 1));
  EXPECT_GT(seen * 100, broken * 70) << "not, unevaluated... and the like are seen by the whole";
}

/// For schemas of the keywords that are promised to be exact, a prefix with no
/// fitting continuation in the universe is refused.
TEST(PrefixValidatorTest, a_prefix_that_nothing_can_save_is_refused_at_that_byte) {
  const char* schemas[] = {
      R"({"type":"object","properties":{"a":{"enum":["a","b"]}},"additionalProperties":false,
          "required":["a"]})",
      R"({"type":"array","items":{"type":["null","boolean"]},"maxItems":2})",
      R"({"type":"string","maxLength":1})",
      R"({"type":"array","items":{"const":"ab"},"minItems":1,"maxItems":2})",
  };
  for (const char* text : schemas) {
    const JsonSchema schema = compiled(text);
    std::set<std::string, std::less<>> alive;
    json::Document document;
    std::set<std::string> prefixes;
    for (const std::string& one : universe()) {
      const bool fits = schema.check(*document.parse(one), one) == JsonSchema::Outcome::fits;
      for (std::size_t size = 1; size <= one.size(); ++size) {
        prefixes.insert(one.substr(0, size));
        if (fits) alive.insert(one.substr(0, size));
      }
    }
    std::size_t late = 0, dead = 0;
    for (const std::string& prefix : prefixes) {
      PrefixValidator validator(schema);
      bool taken = true;
      for (const char c : prefix) taken = taken && validator.feed({&c, 1});
      if (alive.contains(prefix)) {
        ASSERT_TRUE(taken) << text << " refuses " << prefix;
        continue;
      }
      ++dead;
      // Texts longer than the universe's may save it: only short prefixes count.
      if (taken && prefix.size() <= 6) {
        ++late;
        ADD_FAILURE() << text << " still hopes for " << prefix;
      }
    }
    EXPECT_GT(dead, 0U);
    EXPECT_EQ(late, 0U) << text;
  }
}

}  // namespace
}  // namespace plimsoll::checks
