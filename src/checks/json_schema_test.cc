// Goal: a schema means what JSON Schema says, what it cannot mean is refused by
// name, and nobody's schema can hurt us.
// Method: tables of schema, value and verdict, each keyword on both sides; the
// words of violations as they are; schemas built to be too much.
#include "checks/json_schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "checks/compiled_pattern.h"
#include "checks/schema/decimal.h"
#include "checks/schema/regex_translation.h"
#include "checks/schema/simple_pattern.h"

namespace plimsoll::checks {
namespace {

using Outcome = JsonSchema::Outcome;

JsonSchema::Judgement judged(std::string_view schema, std::string_view text,
                             JsonSchema::Options options = {}) {
  const auto compiled = JsonSchema::compile(schema, options);
  EXPECT_TRUE(compiled) << schema << ": " << (compiled ? "" : compiled.error().what);
  if (!compiled) return {Outcome::undecided, {}};
  json::Document document;
  const auto value = document.parse(text);
  EXPECT_TRUE(value) << text;
  auto judgement = compiled->judge(*value, text);
  EXPECT_EQ(compiled->check(*value, text), judgement.outcome) << schema << " on " << text;
  return judgement;
}

std::string told(std::string_view schema, std::string_view text) {
  std::string all;
  for (const Violation& one : judged(schema, text).violations)
    all += one.where + " wants " + one.expected + " found " + one.found + "\n";
  return all;
}

std::string refused(std::string_view schema, JsonSchema::Options options = {}) {
  const auto compiled = JsonSchema::compile(schema, options);
  return compiled ? "" : compiled.error().what;
}

struct Row {
  std::string_view schema, good, bad;
};

TEST(JsonSchemaTest, each_keyword_takes_the_good_and_refuses_the_bad) {
  const Row rows[] = {
      {R"({"type":"integer"})", "3.0", "3.5"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"type":["integer","number"]})", "1.5", "\"1\""},
      {R"({"enum":["a",{"x":1}]})", R"({"x":1.0})", "\"b\""},
      {R"({"enum":["a","b","c","d","e","f","g","h","i","j"]})", "\"j\"", "\"k\""},
      {R"({"const":[1,2]})", "[1,2]", "[2,1]"},
      {R"({"required":["a"]})", R"({"a":null})", "{}"},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x"})", R"({"a":1})"},
      {R"({"properties":{"a":false}})", R"({"b":1})", R"({"a":1})"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1})", R"({"b":1})"},
      {R"({"patternProperties":{"^x":{"type":"null"}}})", R"({"x1":null,"y":1})", R"({"x1":1})"},
      {R"({"propertyNames":{"maxLength":1}})", R"({"a":1})", R"({"ab":1})"},
      {R"({"minProperties":1,"maxProperties":1})", R"({"a":1})", R"({"a":1,"b":2})"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1,"b":1})", R"({"a":1})"},
      {R"({"dependentSchemas":{"a":{"minProperties":2}}})", R"({"b":1})", R"({"a":1})"},
      {R"({"items":{"type":"boolean"},"minItems":1,"maxItems":2})", "[true]", "[]"},
      {R"({"prefixItems":[{"const":1}],"items":false})", "[1]", "[1,2]"},
      {R"({"contains":{"const":1},"minContains":2,"maxContains":3})", "[1,1]", "[1,1,1,1]"},
      {R"({"uniqueItems":true})", R"([1,"1",[1],{"a":1}])", R"([{"a":1,"b":2},{"b":2,"a":1.0}])"},
      {R"({"minLength":2,"maxLength":2})", "\"\u00e4\u00f6\"", "\"\u00e4\u00f6\u00fc\""},
      {R"({"pattern":"^A[0-9]+$"})", "\"A12\"", "\"B12\""},
      {R"({"minimum":1,"maximum":2})", "2", "2.1"},
      {R"({"exclusiveMinimum":1,"exclusiveMaximum":2})", "1.5", "1"},
      {R"({"multipleOf":0.01})", "19.99", "19.999"},
      {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "1", "3"},
      {R"({"anyOf":[{"type":"null"},{"minimum":1}]})", "null", "0"},
      {R"({"oneOf":[{"minimum":1},{"maximum":2}]})", "3", "1.5"},
      {R"({"not":{"type":"null"}})", "1", "null"},
      {R"({"if":{"minimum":10},"then":{"multipleOf":10},"else":{"const":1}})", "20", "11"},
      {R"({"if":{"minimum":10},"then":{"multipleOf":10},"else":{"const":1}})", "1", "2"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"null"}}})", "null", "1"},
      {R"({"properties":{"a":{"$anchor":"x","minimum":1},"b":{"$ref":"#x"}}})", R"({"b":1})",
       R"({"b":0})"},
      {R"({"properties":{"n":{"$ref":"#"}},"additionalProperties":false})", R"({"n":{"n":{}}})",
       R"({"n":{"m":{}}})"},
      {R"({"anyOf":[{"properties":{"a":true},"required":["a"]},true],
           "unevaluatedProperties":false})",
       R"({"a":1})", R"({"b":1})"},
      {R"({"prefixItems":[true],"unevaluatedItems":{"type":"null"}})", "[1,null]", "[1,2]"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"const":1}],
           "additionalItems":false,"dependencies":{"a":["b"]}})",
       "[1]", "[1,2]"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(judged(row.schema, row.good).outcome, Outcome::fits) << row.schema;
    EXPECT_EQ(judged(row.schema, row.bad).outcome, Outcome::breaks) << row.schema;
    EXPECT_FALSE(judged(row.schema, row.bad).violations.empty()) << row.schema;
  }
}

TEST(JsonSchemaTest, a_violation_says_where_what_was_wanted_by_which_rule_and_what_was_found) {
  EXPECT_EQ(told(R"({"properties":{"a/b":{"items":{"type":"string"}}}})", R"({"a/b":["x",7]})"),
            "/a~1b/1 wants a string (#/properties/a~1b/items/type) found 7\n");
  EXPECT_EQ(told(R"({"required":["order"]})", R"({"x":1})"),
            "/ wants a member \"order\" (#/required) found an object with \"x\"\n");
  EXPECT_EQ(told(R"({"properties":{"a":true},"additionalProperties":false})", R"({"b":[1]})"),
            "/b wants only the members \"a\" (#/additionalProperties) found \"b\": [1]\n");
  EXPECT_EQ(told(R"({"enum":["red","green"]})", "\"blue\""),
            "/ wants one of \"red\", \"green\" (#/enum) found \"blue\"\n");
  EXPECT_EQ(told(R"({"minLength":3})", "\"ab\""),
            "/ wants at least 3 characters (#/minLength) found 2 in \"ab\"\n");
  EXPECT_EQ(told(R"({"maximum":5.50})", "7"),
            "/ wants a number of at most 5.5 (#/maximum) found 7\n");
}

TEST(JsonSchemaTest, everything_wrong_is_told_and_of_several_forms_the_nearest) {
  EXPECT_EQ(told(R"({"properties":{"a":{"type":"null"},"b":{"minimum":2}},"required":["c"]})",
                 R"({"a":1,"b":1})"),
            "/a wants null (#/properties/a/type) found 1\n"
            "/b wants a number of at least 2 (#/properties/b/minimum) found 1\n"
            "/ wants a member \"c\" (#/required) found an object with \"a\", \"b\"\n");
  const std::string forms =
      told(R"({"oneOf":[{"type":"string"},{"properties":{"kind":{"const":"x"},"n":{"minimum":1}}},
                        {"properties":{"kind":{"const":"y"},"n":{"minimum":1}}}]})",
           R"({"kind":"y","n":0})");
  EXPECT_EQ(forms,
            "/ wants a value of one of 3 forms; form 2 is nearest (#/oneOf) found an object with "
            "\"kind\", \"n\"\n"
            "/n wants a number of at least 1 (#/oneOf/2/properties/n/minimum) found 0\n");
}

TEST(JsonSchemaTest, numbers_are_compared_as_they_were_written) {
  const Row rows[] = {
      {R"({"maximum":18446744073709551616})", "18446744073709551616", "18446744073709551617"},
      {R"({"minimum":0.1})", "0.1", "0.09999999999999999999999"},
      {R"({"const":12345678901234567890123})", "12345678901234567890123",
       "12345678901234567890124"},
      {R"({"multipleOf":0.1})", "1e300", "0.10000000000000000000001"},
      {R"({"multipleOf":7})", "49000000000000000000000", "49000000000000000000001"},
      {R"({"type":"integer"})", "1e400", "0.99999999999999999999"},
      {R"({"exclusiveMaximum":1e400})", "9.9e399", "1e400"},
      {R"({"type":"integer"})", "123456789012345678901", "123456789012345678901.5"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(judged(row.schema, row.good).outcome, Outcome::fits) << row.schema;
    EXPECT_EQ(judged(row.schema, row.bad).outcome, Outcome::breaks) << row.schema;
  }
}

TEST(DecimalTest, order_and_multiples_are_exact) {
  using schema::Decimal;
  EXPECT_LT(Decimal("-1"), Decimal("-0.99"));
  EXPECT_EQ(Decimal("-0.0"), Decimal("0e7"));
  EXPECT_EQ(Decimal("1.50"), Decimal("15e-1"));
  EXPECT_LT(Decimal("1e999999999999"), Decimal("2e999999999999"));
  EXPECT_GT(Decimal("0.1"), Decimal("0.0999"));
  EXPECT_TRUE(Decimal("100").is_multiple_of(Decimal("2.5")));
  EXPECT_FALSE(Decimal("0.0075").is_multiple_of(Decimal("0.01")));
  EXPECT_TRUE(Decimal("120e-2").is_integer() == false && Decimal("100e-2").is_integer());
}

TEST(JsonSchemaTest, formats_are_checked_only_when_asked) {
  const std::string_view schema = R"({"format":"date"})";
  EXPECT_EQ(judged(schema, "\"2024-02-30\"").outcome, Outcome::fits);
  const JsonSchema::Options checked{.formats = JsonSchema::Formats::check};
  EXPECT_EQ(judged(schema, "\"2024-02-29\"", checked).outcome, Outcome::fits);
  EXPECT_EQ(judged(schema, "\"2024-02-30\"", checked).outcome, Outcome::breaks);
  struct Form {
    std::string_view name, good, bad;
  };
  const Form forms[] = {
      {"date-time", "2024-02-29T23:59:60Z", "2024-02-29 12:00:00Z"},
      {"time", "12:00:00.5+01:00", "12:00:00"},
      {"duration", "P1Y2M3DT4H", "P1H"},
      {"email", "a.b@example.org", "a@b@c"},
      {"hostname", "a-b.example", "-a.example"},
      {"ipv4", "127.0.0.1", "127.0.0.01"},
      {"ipv6", "::ffff:1.2.3.4", "1::2::3"},
      {"uri", "https://a.b/c?d#e", "/c"},
      {"uri-reference", "../c", "a b"},
      {"iri", "https://\u00e4.b/", "\u00e4"},
      {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380"},
      {"json-pointer", "/a~1b", "a"},
      {"relative-json-pointer", "1/a", "01"},
      {"uri-template", "/a/{b}", "/a/{b"},
      {"regex", "^(?=a)", "("},
  };
  for (const Form& form : forms) {
    const std::string text = fmt::format(R"({{"format":"{}"}})", form.name);
    EXPECT_EQ(judged(text, json::quoted(form.good), checked).outcome, Outcome::fits) << form.name;
    EXPECT_EQ(judged(text, json::quoted(form.bad), checked).outcome, Outcome::breaks) << form.name;
  }
}

TEST(JsonSchemaTest, a_schema_that_is_wrong_is_refused_with_its_place) {
  struct Wrong {
    std::string_view schema, says;
  };
  const Wrong rows[] = {
      {R"({"type":"text"})", "schema at #/type: \"text\" is no type"},
      {R"({"minLength":-1})", "schema at #/minLength: must be a whole number"},
      {R"({"properties":{"a":{"requried":[]}}})",
       "schema at #/properties/a/requried: \"requried\""},
      {R"~({"pattern":"(?=a)"})~", "schema at #/pattern: look-around"},
      {R"({"pattern":"a{2,1}"})", "schema at #/pattern: "},
      {R"({"$ref":"#/$defs/a"})", "schema at #/$ref: the reference \"#/$defs/a\" leads nowhere"},
      {R"({"$ref":"https://example.org/a"})", "none is ever fetched"},
      {R"({"allOf":[{"$ref":"#"}]})", "without end"},
      {R"({"oneOf":[]})", "schema at #/oneOf: must be a list of at least one schema"},
      {R"({"required":"a"})", "schema at #/required: must be a list of names"},
      {R"({"type":"string","type":"null"})", "schema at #/type: \"type\" stands twice"},
      {R"({"multipleOf":0})", "must be a number above 0"},
      {R"({"$schema":"https://example.org/mine"})", "the dialect"},
      {R"({"items":{"then":3}})", "schema at #/items/then: a schema is an object, true or false"},
      {"3", "schema at #: a schema is an object, true or false"},
      {"{", "schema at #: not valid JSON"},
  };
  for (const Wrong& row : rows)
    EXPECT_NE(refused(row.schema).find(row.says), std::string::npos)
        << row.schema << ": " << refused(row.schema);
  std::vector<SchemaProblem> problems;
  EXPECT_NE(
      refused(R"({"type":"text","minimum":"1"})", {.problems = &problems}).find("(and 1 more)"),
      std::string::npos);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[1].where, "#/minimum");
}

TEST(JsonSchemaTest, a_clients_schema_may_hold_what_we_cannot_check_and_we_say_so) {
  const JsonSchema::Options client{.author = JsonSchema::Author::client};
  const auto schema = JsonSchema::compile(
      R"~({"madeUp":1,"properties":{"a":{"type":"string","pattern":"^(?!x)"}},
           "patternProperties":{"(?=b)":{"type":"null"}},"additionalProperties":false})~",
      client);
  ASSERT_TRUE(schema) << schema.error().what;
  EXPECT_EQ(schema->unchecked(),
            (std::vector<std::string>{"#/patternProperties/(?=b)", "#/properties/a/pattern"}));
  json::Document document;
  EXPECT_EQ(schema->check(*document.parse(R"({"a":"x","b":1})")), Outcome::fits)
      << "what cannot be checked is never held against an answer";
  EXPECT_EQ(schema->check(*document.parse(R"({"a":1})")), Outcome::breaks);
  EXPECT_NE(refused(R"~({"not":{"pattern":"(?=a)"}})~", client), "")
      << "under `not`, leaving it out would refuse what is right";
}

TEST(JsonSchemaTest, references_reach_only_the_documents_that_were_given) {
  const JsonSchema::Documents documents = {
      {"https://example.org/address", R"({"$id":"https://example.org/address","type":"object",
          "properties":{"zip":{"$ref":"zip"}}})"},
      {"https://example.org/zip", R"({"type":"string"})"}};
  const JsonSchema::Options options{.documents = &documents};
  const std::string_view schema = R"({"$ref":"https://example.org/address"})";
  EXPECT_EQ(judged(schema, R"({"zip":"1"})", options).outcome, Outcome::fits);
  const auto broken = judged(schema, R"({"zip":1})", options);
  ASSERT_EQ(broken.violations.size(), 1U);
  EXPECT_EQ(broken.violations[0].expected, "a string (https://example.org/zip#/type)");
}

TEST(JsonSchemaTest, members_that_stand_twice_are_judged_each) {
  const std::string_view schema = R"({"properties":{"a":{"type":"null"}},"required":["a"]})";
  EXPECT_EQ(judged(schema, R"({"a":null,"a":1})").outcome, Outcome::breaks);
  EXPECT_EQ(judged(schema, R"({"a":1,"a":null})").outcome, Outcome::breaks);
  EXPECT_EQ(judged(schema, R"({"a":null,"a":null})").outcome, Outcome::fits);
}

TEST(JsonSchemaTest, more_than_sixty_four_members_and_items_are_kept_apart) {
  std::string properties, required, object;
  for (int i = 0; i < 200; ++i) {
    properties += fmt::format(R"({}"k{}":{{"const":{}}})", i > 0 ? "," : "", i, i);
    required += fmt::format(R"({}"k{}")", i > 0 ? "," : "", i);
    object = fmt::format(R"("k{}":{}{}{})", i, i, i > 0 ? "," : "", object);
  }
  const std::string schema = fmt::format(
      R"({{"allOf":[{{"properties":{{{}}}}}],"required":[{}],"unevaluatedProperties":false}})",
      properties, required);
  EXPECT_EQ(judged(schema, "{" + object + "}").outcome, Outcome::fits);
  EXPECT_EQ(judged(schema, "{" + object + R"(,"z":1})").outcome, Outcome::breaks);
  EXPECT_EQ(judged(schema, "{" + object.substr(object.find(',') + 1) + "}").outcome,
            Outcome::breaks);
}

// ---- schemas that mean harm ---------------------------------------------------

TEST(JsonSchemaTest, a_schema_as_deep_as_an_attack_is_refused) {
  std::string schema = "true";
  for (int i = 0; i < 250; ++i) schema = R"({"items":)" + schema + "}";
  EXPECT_NE(refused(schema).find("nested deeper than 200 schemas"), std::string::npos);
  EXPECT_NE(refused(std::string(JsonSchema::kBytesMax + 1, ' ')).find("more than"),
            std::string::npos);
}

TEST(JsonSchemaTest, a_schema_that_doubles_its_work_is_stopped_and_nobody_is_refused_for_it) {
  std::string schema = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 60; ++i)
    schema +=
        fmt::format(R"("d{}":{{"allOf":[{{"$ref":"#/$defs/d{}"}},{{"$ref":"#/$defs/d{}"}}]}},)", i,
                    i + 1, i + 1);
  schema += R"("d60":{"type":"integer"}}})";
  const auto judgement = judged(schema, "1", {.author = JsonSchema::Author::client});
  EXPECT_EQ(judgement.outcome, Outcome::undecided);
  ASSERT_EQ(judgement.violations.size(), 1U);
  EXPECT_NE(judgement.violations[0].expected.find("1000000 steps"), std::string::npos);
}

TEST(JsonSchemaTest, a_deep_value_under_a_recursive_schema_is_judged_without_end_of_stack) {
  std::string text = "1";
  for (int i = 0; i < 1'000; ++i) text = "[" + text + "]";
  EXPECT_EQ(judged(R"({"items":{"$ref":"#"}})", text).outcome, Outcome::fits);
  const std::string_view heavy = R"({"allOf":[{"allOf":[{"allOf":[{"items":{"$ref":"#"}}]}]}]})";
  EXPECT_EQ(judged(heavy, text).outcome, Outcome::undecided);
}

TEST(JsonSchemaTest, many_items_of_one_hash_do_not_stall) {
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) text += "[],[[]],";
  text += "1]";
  EXPECT_NE(judged(R"({"uniqueItems":true})", text).outcome, Outcome::fits);
}

// ---- patterns -----------------------------------------------------------------

TEST(RegexTranslationTest, ecma_patterns_match_the_same_texts_in_linear_time) {
  struct Pattern {
    std::string_view pattern, good, bad;
  };
  const Pattern rows[] = {
      {"^abc$", "\"abc\"", R"("abc\n")"},
      {R"(^\\d{2,3}$)", "\"123\"", "\"\u0663\u0663\""},
      {R"(^[\\s\\d]$)", R"("\u2003")", "\"a\""},
      {R"(^\\S$)", "\"a\"", R"("\ufeff")"},
      {R"(^\\u{1F600}\\uD83D\\uDE00$)", "\"\U0001F600\U0001F600\"", "\"\U0001F600\""},
      {R"(^\\p{Letter}+$)", "\"\u00e4\"", "\"1\""},
      {R"(^\\p{Script=Greek}$)", "\"\u03b1\"", "\"a\""},
      {"^(?<year>[0-9]{4})$", "\"2024\"", "\"24\""},
      {"^[^]$", R"("\n")", "\"\""},
      {"^.$", "\"a\"", R"("\u2028")"},
      {R"(^[[:alpha:]]$)", "\":]\"", "\"b\""},
      {R"(^a\\-[\\-b]$)", "\"a--\"", "\"a-c\""},
      {"^{a}$", "\"{a}\"", "\"a\""},
      {R"(^\\cC\\x41\\0$)", R"("\u0003A\u0000")", "\"A\""},
      {"^(a+)+$", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!\""},
  };
  for (const Pattern& row : rows) {
    const std::string schema = fmt::format(R"({{"pattern":"{}"}})", row.pattern);
    EXPECT_EQ(judged(schema, row.good).outcome, Outcome::fits) << schema;
    EXPECT_EQ(judged(schema, row.bad).outcome, Outcome::breaks) << schema;
  }
  for (const char* pattern :
       {"(", ")", "[", "[b-a]", "*", "a**", "\\", "(?<!a)", "(a)\\1", "\\k<a>", "\\a",
        "\\u{110000}", "\\p{Nonsense", "\\c1", "a{1001}", "^*"})
    EXPECT_FALSE(schema::to_re2(pattern) && CompiledPattern::compile(*schema::to_re2(pattern)))
        << pattern;
}

/// Every text of at most five characters over a few, judged by both.
TEST(SimplePatternTest, it_agrees_with_the_regex_engine_wherever_it_dares) {
  const char* plain[] = {"^a+b?$",    "^[ab]{1,3}$",   "^[a-b]*1$", R"(^\d{2}-\w?$)",   "^$",
                         "^a?b?1?-$", "^[a1-]{2,}$",   R"(^a\-b$)", "^[ab]1[ab]{0,2}$", "^a{0}b$",
                         "^[\\d-]+$", "^a{2,3}b{1}1*$"};
  const char* refused[] = {"a",      "^a",      "^a|b$", "^(a)$", "^a+a$",   "^a?[ab]$", "^.$",
                           "^[^a]$", R"(^\s$)", "^a+?$", "^a**$", R"(^a\$)", "^a*b*a$",  "^[$"};
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; i < texts.size() && texts[i].size() < 5; ++i)
    for (const char c : {'a', 'b', '1', '-'}) texts.push_back(texts[i] + c);
  for (const std::string ecma : plain) {
    const auto simple = schema::SimplePattern::parse(ecma);
    const auto engine = CompiledPattern::compile(*schema::to_re2(ecma));
    ASSERT_TRUE(simple && engine) << ecma;
    for (const std::string& text : texts)
      ASSERT_EQ(simple->matches(text), engine->matches(text)) << ecma << " on " << text;
  }
  for (const std::string pattern : refused)
    EXPECT_FALSE(schema::SimplePattern::parse(pattern)) << pattern;
}

}  // namespace
}  // namespace plimsoll::checks
