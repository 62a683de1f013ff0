// Goal: expressions are compiled with faults that help, run within their limits, and
// read JSON as people expect.
// Method: small expressions over variables and documents; the language itself is
// covered by the official suite where that is at hand, by its main points here.
#include "cel/program.h"

#include <gtest/gtest.h>

#include "cel/ast.h"
#include "cel/parser.h"

namespace plimsoll::cel {
namespace {

Environment environment() {
  Environment made;
  made.variables = {{.name = "request.input_tokens", .type = Kind::integer},
                    {.name = "request.tools", .type = Type::list(Kind::string)},
                    {.name = "request.language", .type = Kind::string},
                    {.name = "answer", .type = Type::dyn()}};
  return made;
}

std::string fault_of(std::string_view source) {
  const auto program = Program::compile(source, environment());
  return program ? "" : show(program.error(), source);
}

/// The value as text; an error as "error: ...".
std::string given(std::string_view source, std::string_view answer = "{}",
                  std::int64_t cost_max = kCostMax) {
  const auto program = Program::compile(source, environment());
  if (!program) return "fault: " + program.error().what;
  json::Document document;
  const auto value = document.parse(answer);
  Arena arena;
  const std::array<Value, 2> tools = {Value::string("search"), Value::string("buy")};
  const std::array<Value, 4> variables = {Value::integer(120), Value::list(tools),
                                          Value::error("unset"),
                                          value ? Value::json(*value) : Value::null()};
  const Value found = program->evaluate(variables, arena, cost_max);
  return found.is_error() ? "error: " + std::string(found.message()) : to_text(found, arena);
}

TEST(CelTest, operators_bind_as_the_grammar_says) {
  EXPECT_EQ(given("1 + 2 * 3 == 7 && !(4 < 3) || false"), "true");
  EXPECT_EQ(given("10 - 3 - 2"), "5");
  EXPECT_EQ(given("true ? 1 : false ? 2 : 3"), "1");
  EXPECT_EQ(given("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(given("7 in [1, 7] && 'b' in {'a': 1, 'b': 2}"), "true");
}

TEST(CelTest, whole_numbers_never_wrap_around) {
  EXPECT_TRUE(given("9223372036854775807 + request.input_tokens").starts_with("error: overflow"));
  EXPECT_TRUE(given("0u - 1u").starts_with("error: overflow"));
  EXPECT_EQ(given("request.input_tokens / 0"), "error: division by zero");
}

TEST(CelTest, what_decides_wins_over_errors) {
  EXPECT_EQ(given("1 / 0 == 1 || true"), "true");
  EXPECT_EQ(given("[1, 0].exists(x, 1 / x == 1)"), "true");
  EXPECT_EQ(given("false && 1 / 0 == 1"), "false");
  EXPECT_EQ(given("true && 1 / 0 == 1"), "error: division by zero");
}

TEST(CelTest, texts_have_raw_forms_bytes_and_all_escapes) {
  EXPECT_EQ(given(R"(r'\d' + "\x41\u00e9\101\U0001F600\n" + """a"b""")"),
            "\\dA\u00e9A\U0001F600\na\"b");
  EXPECT_EQ(given("size(b'\\xff\\000') == 2 && size('\u00e9\u00e9') == 2"), "true");
}

TEST(CelTest, macros_go_over_documents) {
  const auto order = R"({"lines":[{"sku":"a","qty":2,"price":9.5},{"sku":"b","qty":1,"price":1}],)"
                     R"("total":20})";
  EXPECT_EQ(given("answer.lines.all(l, l.qty > 0)", order), "true");
  EXPECT_EQ(given("answer.lines.map(l, l.sku)", order), "[a, b]");
  EXPECT_EQ(given("answer.lines.filter(l, l.price > 5).size()", order), "1");
  EXPECT_EQ(given("has(answer.total) && !has(answer.tax)", order), "true");
  EXPECT_EQ(given("answer.lines[1].sku + answer.lines[0].sku", order), "ba");
  EXPECT_EQ(given("answer.lines[2].sku", order),
            "error: index 2 is out of range: the list has 2 elements");
  EXPECT_EQ(given("answer.tax > 1", order), "error: no such key: tax");
  EXPECT_EQ(given("answer.?tax.orValue(7)", order), "7");
}

TEST(CelTest, numbers_of_a_document_mix_as_json_has_one_kind) {
  EXPECT_EQ(given("answer.qty * answer.price == 19", R"({"qty":2,"price":9.5})"), "true");
  EXPECT_EQ(given("answer.qty * 2.5", R"({"qty":3})"), "7.5");
  EXPECT_EQ(given("answer.a + 1 + 0.5", R"({"a":1})"), "2.5");
  EXPECT_EQ(given("request.input_tokens * 2.5"), "fault: no such overload: int * double");
}

TEST(CelTest, a_variable_that_is_not_set_is_an_error_and_can_be_asked_for) {
  EXPECT_EQ(given("request.language == 'de'"), "error: request.language is not set");
  EXPECT_EQ(given("has(request.language)"), "false");
  EXPECT_EQ(given("has(request.tools) && 'buy' in request.tools"), "true");
}

TEST(CelTest, a_fault_points_at_its_place_and_says_what_to_do) {
  EXPECT_EQ(fault_of("request.input_token > 3"),
            "1:1: no such variable \"request.input_token\"\n"
            "  request.input_token > 3\n"
            "  ^^^^^^^^^^^^^^^^^^^\n"
            "fix: did you mean \"request.input_tokens\"?");
  EXPECT_EQ(fault_of("1 < 2 &&\n  request.tools == 'x'"),
            "2:17: list(string) == string can never hold\n"
            "    request.tools == 'x'\n"
            "                  ^^\n"
            "fix: convert one side: int(x), double(x), string(x)");
  EXPECT_EQ(fault_of("request.input_tokens = 3"),
            "1:22: this character has no meaning here\n"
            "  request.input_tokens = 3\n"
            "                       ^\n"
            "fix: compare with ==");
  EXPECT_EQ(fault_of("request.language.startWith('d')"),
            "1:18: unbound function \"startWith\"\n"
            "  request.language.startWith('d')\n"
            "                   ^^^^^^^^^\n"
            "fix: did you mean \"startsWith\"?");
}

TEST(CelTest, faults_are_found_in_every_part) {
  for (const auto* source : {"",
                             "1 +",
                             "(1",
                             "[1, 2",
                             "{'a' 1}",
                             "'open",
                             "1.5.5x",
                             "a ? b",
                             "f(",
                             "request.",
                             "x y",
                             "'a'.matches('(')",
                             "request.tools.all(1, true)",
                             "request.tools.all(t, t)",
                             "has(1)",
                             "request.input_tokens.x",
                             "request.input_tokens && true",
                             "size(1)",
                             "0x",
                             "99999999999999999999",
                             "'\\q'",
                             "'open\\",
                             "'''open\\",
                             "if",
                             "1u + 1",
                             "'a' < 1",
                             "1 in 'abc'",
                             "request.input_tokens[0]",
                             "'\\ud800'"})
    EXPECT_FALSE(Program::compile(source, environment()).has_value()) << source;
}

TEST(CelTest, no_expression_is_too_deep_or_too_long_to_be_refused) {
  EXPECT_FALSE(parse(std::string(100'000, '(')));
  EXPECT_FALSE(parse(std::string(50'000, '[')));
  EXPECT_FALSE(parse(std::string(60'000, '!')));
  std::string sum = "1";
  for (int i = 0; i < 1000; ++i) sum += "+1";
  EXPECT_FALSE(parse(sum)) << "a chain is as deep as it is long";
  std::string terms = "true";
  for (int i = 0; i < 3000; ++i) terms += "&&true";
  EXPECT_EQ(given(terms), "true") << "logic is not";
}

TEST(CelTest, an_evaluation_ends_at_its_cost) {
  const auto cubes =
      "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, [1,2,3,4,5,6,7,8].all(c, "
      "a + b + c > 0)))";
  EXPECT_EQ(given(cubes), "true");
  EXPECT_EQ(given(cubes, "{}", 500),
            "error: " + std::string("the evaluation has cost more than it may (a limit of steps)"));
  EXPECT_TRUE(given("cel.bind(a, 'xxxxxxxxxxxxxxxx', cel.bind(b, a+a+a+a+a+a+a+a, cel.bind(c, "
                    "b+b+b+b+b+b+b+b, cel.bind(d, c+c+c+c+c+c+c+c, cel.bind(e, d+d+d+d+d+d+d+d, "
                    "cel.bind(f, e+e+e+e+e+e+e+e, f+f+f+f+f+f+f+f)))))).size() > 0",
                    "{}", 10'000)
                  .starts_with("error: the evaluation has cost"));
}

TEST(CelTest, types_and_reads_are_known_after_compiling) {
  const auto program = Program::compile("request.tools.filter(t, t != 'x')", environment());
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(program->type().text(), "list(string)");
  ASSERT_EQ(program->reads().size(), 1U);
  EXPECT_EQ(program->reads()[0], 1U);
}

TEST(CelTest, what_is_printed_reads_back_as_the_same) {
  for (const auto* source :
       {"1 + 2 * -3", "a.b.c(d)[1].?e", "x ? 'q\"\\n' : b'\\xff'", "[1, ?a, 2.5e10]",
        "{'a': 1u, ?b: c}", "!a && -(-b) < .c", "a.`x-y` in d", "[1].map(x, x > 1, x * x)", "--5",
        "a[?0]", "1.0 - 2.0 - 3.0"}) {
    const auto first = parse(source);
    ASSERT_TRUE(first.has_value()) << source;
    const auto second = parse(print(*first));
    ASSERT_TRUE(second.has_value()) << print(*first);
    EXPECT_EQ(print(*second), print(*first));
  }
}

TEST(CelTest, times_and_durations_are_exact) {
  EXPECT_EQ(given("timestamp('2024-02-29T12:00:00+01:00') + duration('1h30m')"),
            "2024-02-29T12:30:00Z");
  EXPECT_EQ(
      given("(timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-28T00:00:00Z')).getHours()"),
      "48");
  EXPECT_EQ(given("timestamp('2023-02-29T00:00:00Z')").substr(0, 6), "error:");
  EXPECT_EQ(given("timestamp('2024-06-01T23:30:00Z').getDate('+02:00')"), "2");
  EXPECT_EQ(given("duration('1.5s') < duration('1501ms')"), "true");
}

TEST(CelTest, values_are_written_as_json) {
  Arena arena;
  const auto program = Program::compile("{'a': [1, 2.5, null, 'x\"'], 'b': duration('2s')}", {});
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(to_json(program->evaluate({}, arena), arena), R"({"a":[1,2.5,null,"x\""],"b":"2s"})");
}

}  // namespace
}  // namespace plimsoll::cel
