// Goal: a table decides what its rows say and nothing else; its lint is exact where
// it judges; what a request carries is found in every dialect.
// Method: small tables written as plain data; the lint is compared with brute force
// over every input of small domains, for random tables.
#include "rules/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/json.h"

namespace plimsoll::rules {
namespace {

constexpr const char* kSchema =
    R"({"type":"object","required":["amount","tier"],"properties":{)"
    R"("amount":{"type":"integer","minimum":0,"maximum":100},"tier":{"enum":["basic","gold"]},)"
    R"("note":{"type":"string"}}})";

RuleTable refunds(RuleTable::Hit hit = RuleTable::Hit::first) {
  RuleTable table;
  table.path = "refund.yaml";
  table.hit = hit;
  table.schema = kSchema;
  const auto row = [&table](std::vector<RuleCell> cells, std::string then) {
    table.rows.push_back({.cells = std::move(cells), .when = "", .then = std::move(then)});
  };
  row({{.column = "amount", .text = "<= 20"}}, R"({"decision": "approve", "cents": amount * 100})");
  row({{.column = "amount", .text = "<= 50"}, {.column = "tier", .text = "gold"}},
      R"({"decision": "approve", "cents": amount * 100})");
  row({}, R"({"decision": "refuse"})");
  return table;
}

Table made(const RuleTable& source) {
  std::vector<Problem> problems;
  auto table = Table::compile(source, problems);
  EXPECT_TRUE(table.has_value()) << (problems.empty() ? "" : problems[0].what);
  return *table;
}

std::string decided(const RuleTable& source, std::string_view facts) {
  const auto decision = made(source).decide(facts);
  return decision ? decision->json
                  : std::string(to_string(decision.error().kind)) + ": " + decision.error().what;
}

TEST(RuleTableTest, the_first_row_that_holds_answers) {
  EXPECT_EQ(decided(refunds(), R"({"amount":20,"tier":"basic"})"),
            R"({"decision":"approve","cents":2000})");
  EXPECT_EQ(decided(refunds(), R"({"amount":50,"tier":"gold"})"),
            R"({"decision":"approve","cents":5000})");
  EXPECT_EQ(decided(refunds(), R"({"amount":50,"tier":"basic"})"), R"({"decision":"refuse"})");
}

TEST(RuleTableTest, whole_numbers_may_be_written_with_a_fraction) {
  EXPECT_EQ(decided(refunds(), R"({"amount":20.0,"tier":"basic"})"),
            R"({"decision":"approve","cents":2000})");
}

TEST(RuleTableTest, facts_that_do_not_fit_are_refused_by_name) {
  EXPECT_TRUE(decided(refunds(), R"({"amount":101,"tier":"basic"})")
                  .starts_with("input_rejected: the facts for the rules do not fit at /amount"));
  EXPECT_TRUE(decided(refunds(), "please refund me").starts_with("input_rejected"));
  EXPECT_TRUE(decided(refunds(), R"({"tier":"gold"})").starts_with("input_rejected"));
}

TEST(RuleTableTest, under_unique_two_rows_decide_nothing) {
  EXPECT_TRUE(decided(refunds(RuleTable::Hit::unique), R"({"amount":1,"tier":"gold"})")
                  .starts_with("reply_invalid: rows 1 and 2"));
  EXPECT_EQ(decided(refunds(RuleTable::Hit::collect), R"({"amount":30,"tier":"gold"})"),
            R"([{"decision":"approve","cents":3000},{"decision":"refuse"}])");
}

TEST(RuleTableTest, cells_are_words_comparisons_values_and_cel) {
  RuleTable table = refunds();
  table.rows = {
      {.cells = {{.column = "amount", .text = "5", .json = true}}, .then = "1"},
      {.cells = {{.column = "amount", .text = "in [6, 7]"}}, .then = "2"},
      {.cells = {{.column = "amount", .text = "4 + 4"}}, .then = "3"},
      {.cells = {{.column = "tier", .text = "tier.startsWith('go') && amount > 90"}}, .then = "4"},
      {.cells = {{.column = "tier", .text = "-"}}, .when = "amount == 9", .then = "5"},
      {.then = "0"}};
  for (const auto& [amount, wanted] :
       {std::pair{5, "1"}, {7, "2"}, {8, "3"}, {91, "4"}, {9, "5"}, {10, "0"}})
    EXPECT_EQ(decided(table, R"({"amount":)" + std::to_string(amount) + R"(,"tier":"gold"})"),
              wanted);
}

TEST(RuleTableTest, faults_name_their_row) {
  RuleTable table = refunds();
  table.rows[0].cells[0].column = "amont";
  table.rows[1].then = "{'cents': amount * tier}";
  table.rows[2].cells = {{.column = "note", .text = "x"}};
  std::vector<Problem> problems;
  EXPECT_FALSE(Table::compile(table, problems).has_value());
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].what, "row 1 asks for \"amont\", which is no fact");
  EXPECT_EQ(problems[0].fix, "did you mean \"amount\"?");
  EXPECT_NE(problems[1].what.find("no such overload: int * string"), std::string::npos);
  EXPECT_EQ(problems[2].fix, "add it to the schema: required: [note]");
}

TEST(RuleTableTest, lint_finds_gaps_overlaps_and_rows_never_reached) {
  RuleTable table = refunds();
  table.rows.pop_back();
  auto linted = lint(made(table), table);
  ASSERT_EQ(linted.problems.size(), 3U) << linted.problems[0].what;
  EXPECT_EQ(linted.problems[0].what, "no row covers amount = 21 to 50, tier = basic");
  EXPECT_EQ(linted.problems[1].what, "no row covers amount = 51 to 100, tier = basic");
  table = refunds(RuleTable::Hit::unique);
  linted = lint(made(table), table);
  ASSERT_FALSE(linted.problems.empty());
  EXPECT_EQ(linted.problems[0].what, "rows 1 and 3 both cover amount = 0 to 20, tier = basic");
  table = refunds();
  std::swap(table.rows[1], table.rows[2]);
  linted = lint(made(table), table);
  ASSERT_EQ(linted.problems.size(), 1U);
  EXPECT_EQ(linted.problems[0].what,
            "row 3 is never reached: the rows above it cover all that it does");
  table = refunds();
  EXPECT_TRUE(lint(made(table), table).problems.empty());
  EXPECT_TRUE(lint(made(table), table).notes.empty());
}

TEST(RuleTableTest, a_row_that_computes_is_named_and_not_judged) {
  RuleTable table = refunds();
  table.rows[0].when = "amount % 2 == 0";
  const Lint linted = lint(made(table), table);
  EXPECT_TRUE(linted.problems.empty());
  ASSERT_EQ(linted.notes.size(), 1U);
  EXPECT_TRUE(linted.notes[0].starts_with("row 1 does more"));
}

/// What brute force says of a table over the small domain.
struct Truth {
  bool gap = false, overlap = false;
  std::vector<bool> reached, ever;
};

Truth brute_force(const RuleTable& source) {
  Truth truth;
  truth.reached.assign(source.rows.size(), false);
  truth.ever.assign(source.rows.size(), false);
  RuleTable all = source;
  all.hit = RuleTable::Hit::collect;
  const Table table = made(all);
  for (int amount = 0; amount <= 12; ++amount)
    for (const char* tier : {"basic", "gold"}) {
      const auto decision =
          table.decide(R"({"amount":)" + std::to_string(amount) + R"(,"tier":")" + tier + R"("})");
      EXPECT_TRUE(decision.has_value());
      truth.gap = truth.gap || decision->rows.empty();
      truth.overlap = truth.overlap || decision->rows.size() > 1;
      for (const std::size_t row : decision->rows) truth.ever[row] = true;
      if (!decision->rows.empty()) truth.reached[decision->rows.front()] = true;
    }
  return truth;
}

bool tells(const Lint& linted, std::string_view part) {
  return std::ranges::any_of(linted.problems, [part](const Problem& problem) {
    return problem.what.find(part) != std::string::npos;
  });
}

TEST(RuleTableTest, lint_agrees_with_brute_force_on_random_tables) {
  std::mt19937 dice(20'240'229);
  const auto roll = [&dice](int sides) {
    return static_cast<int>(dice() % static_cast<unsigned>(sides));
  };
  const std::vector<std::string> marks = {"<=", ">=", "<", ">", "==", "!="};
  for (int round = 0; round < 300; ++round) {
    RuleTable table;
    table.schema =
        R"({"type":"object","required":["amount","tier"],"properties":{"amount":)"
        R"({"type":"integer","minimum":0,"maximum":12},"tier":{"enum":["basic","gold"]}}})";
    for (int row = 0; row < 1 + roll(4); ++row) {
      RuleRow made_row{.then = std::to_string(row)};
      if (roll(4) > 0)
        made_row.cells.push_back(
            {.column = "amount",
             .text = marks[static_cast<std::size_t>(roll(6))] + " " + std::to_string(roll(14))});
      if (roll(3) == 0)
        made_row.cells.push_back({.column = "tier", .text = roll(2) == 0 ? "gold" : "basic"});
      table.rows.push_back(std::move(made_row));
    }
    const Truth truth = brute_force(table);
    const Lint first = lint(made(table), table);
    EXPECT_EQ(tells(first, "no row covers"), truth.gap) << round;
    for (std::size_t row = 0; row < table.rows.size() && first.problems.size() < 10; ++row)
      EXPECT_EQ(tells(first, "row " + std::to_string(row + 1) + " is never reached") ||
                    tells(first, "row " + std::to_string(row + 1) + " can never hold"),
                !truth.reached[row])
          << round << " row " << row;
    table.hit = RuleTable::Hit::unique;
    EXPECT_EQ(tells(lint(made(table), table), "both cover"), truth.overlap) << round;
  }
}

TEST(RuleTableTest, examples_beside_the_table_are_run) {
  RuleTable table = refunds();
  table.examples = {
      {.facts = R"({"amount":1,"tier":"gold"})", .then = R"({"cents":100,"decision":"approve"})"},
      {.facts = R"({"amount":60,"tier":"gold"})", .then = R"({"decision":"approve"})"},
      {.facts = R"({"amount":-1,"tier":"gold"})", .then = ""}};
  const auto problems = run_examples(made(table), table);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(
      problems[0].what,
      R"(test 2: the table answers {"decision":"refuse"}, the test wants {"decision":"approve"})");
}

TEST(RuleTableTest, facts_are_found_in_every_dialect) {
  Request request;
  request.body =
      R"({"messages":[{"role":"user","content":"{\"amount\":1}"},)"
      R"({"role":"assistant","tool_calls":[{"function":{"arguments":"{\"amount\":2}"}}]}],)"
      R"("metadata":{"amount":3}})";
  EXPECT_EQ(facts_of(request, RuleTable::From::message), R"({"amount":1})");
  EXPECT_EQ(facts_of(request, RuleTable::From::tool_call), R"({"amount":2})");
  EXPECT_EQ(facts_of(request, RuleTable::From::metadata), R"({"amount":3})");
  request.body =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"{\"amount\":4}"}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","input":{"amount":5}}]}]})";
  EXPECT_EQ(facts_of(request, RuleTable::From::message), R"({"amount":4})");
  EXPECT_EQ(facts_of(request, RuleTable::From::tool_call), R"({"amount":5})");
  EXPECT_EQ(facts_of(request, RuleTable::From::metadata).error().kind, ErrorKind::input_rejected);
}

}  // namespace
}  // namespace plimsoll::rules
