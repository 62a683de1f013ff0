#include "rules/table.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/candidates.h"
#include "checks/excerpt.h"
#include "facts/condition.h"
#include "rules/compiled.h"

namespace plimsoll::rules {
namespace {

constexpr std::size_t kRowsMax = 1'000;

/// Builds a table and says everything that is wrong with it.
class Builder {
 public:
  Builder(const RuleTable& source, std::vector<Problem>& problems)
      : source_(source), problems_(problems) {}

  std::shared_ptr<Table::Compiled> run() {
    auto made = std::make_shared<Table::Compiled>();
    table_ = made.get();
    table_->hit = source_.hit;
    table_->from = source_.from;
    if (!read_schema()) return made;
    name_facts();
    if (source_.rows.empty()) add(0, "the table has no rows", "add one: rows: [{then: ...}]");
    if (source_.rows.size() > kRowsMax)
      add(source_.rows[kRowsMax].at,
          fmt::format("the table has {} rows; at most {} are read", source_.rows.size(), kRowsMax),
          "split it into several rungs");
    for (std::size_t i = 0; i < source_.rows.size() && i < kRowsMax; ++i) add_row(i);
    return made;
  }

 private:
  void add(std::size_t at, std::string what, std::string fix) {
    problems_.push_back({.at = at, .what = std::move(what), .fix = std::move(fix)});
  }

  bool read_schema() {
    json::Document document;
    const auto root = document.parse(source_.schema);
    auto schema = checks::JsonSchema::compile(source_.schema);
    if (!root || !schema) {
      add(0,
          fmt::format("the schema of the facts does not compile: {}",
                      root ? schema.error().what : root.error().what),
          "write it as a JSON Schema: facts: {type: object, properties: {...}}");
      return false;
    }
    table_->facts = facts_of_schema(*root);
    table_->schema = std::move(*schema);
    if (table_->facts.empty())
      add(0, "the schema of the facts names no properties",
          "add them: facts: {type: object, properties: {amount: {type: integer}}}");
    return !table_->facts.empty();
  }

  void name_facts() {
    for (const Fact& fact : table_->facts)
      table_->names.variables.push_back({.name = fact.name, .type = fact.type});
    table_->names.variables.push_back({.name = "facts", .type = cel::Kind::map});
  }

  void add_row(std::size_t index) {
    const RuleRow& row = source_.rows[index];
    std::vector<cel::Program> conditions;
    for (const RuleCell& cell : row.cells)
      if (const Fact* fact = column(index, cell)) {
        const std::string text = condition_of(cell, *fact, table_->names);
        if (!text.empty()) add_condition(index, cell.at, text, conditions);
      }
    if (!row.when.empty()) add_condition(index, row.at, row.when, conditions);
    auto then = cel::Program::compile(row.then, table_->names);
    if (!then)
      return add(row.then_at,
                 fmt::format("the answer of row {} is not understood: {}", index + 1,
                             cel::show(then.error(), row.then)),
                 then.error().fix);
    table_->rows.push_back({.conditions = std::move(conditions), .then = std::move(*then)});
  }

  const Fact* column(std::size_t index, const RuleCell& cell) {
    const auto& facts = table_->facts;
    const auto found = std::ranges::find(facts, cell.column, &Fact::name);
    if (found != facts.end() && found->required) return &*found;
    if (found != facts.end()) {
      add(cell.at,
          fmt::format("row {} asks for \"{}\", which a request may leave out", index + 1,
                      cell.column),
          fmt::format("add it to the schema: required: [{}]", cell.column));
      return nullptr;
    }
    std::vector<std::string_view> names;
    for (const Fact& fact : facts) names.push_back(fact.name);
    const auto near = nearest_names(cell.column, names);
    add(cell.at, fmt::format("row {} asks for \"{}\", which is no fact", index + 1, cell.column),
        near.empty() ? "add it to the schema of the facts"
                     : fmt::format("did you mean {}?", quoted_choice(near)));
    return nullptr;
  }

  void add_condition(std::size_t index, std::size_t at, const std::string& text,
                     std::vector<cel::Program>& conditions) {
    auto program = facts::compile_condition(text, table_->names);
    if (program) return conditions.push_back(std::move(*program));
    add(at,
        fmt::format("a cell of row {} is not understood: {}", index + 1,
                    cel::show(program.error(), text)),
        program.error().fix);
  }

  const RuleTable& source_;
  std::vector<Problem>& problems_;
  Table::Compiled* table_ = nullptr;
};

/// The facts of one request as values, in the order of the table's names.
std::vector<cel::Value> values_of(const Table::Compiled& table, const json::Value& root) {
  std::vector<cel::Value> values;
  for (const Fact& fact : table.facts) {
    const auto member = root.get(fact.name);
    if (!member) {
      values.push_back(cel::Value::error("not given"));
      continue;
    }
    // 3.0 is a whole number to a schema, and so it is here.
    const auto whole = member->as_int();
    const bool integer = fact.domain == Fact::Domain::integer && whole;
    values.push_back(integer ? cel::Value::integer(*whole) : cel::Value::json(*member));
  }
  values.push_back(cel::Value::json(root));
  return values;
}

Error undecided(std::string what) {
  return {.kind = ErrorKind::reply_invalid,
          .what = std::move(what),
          .hint = "look at the table; plimsoll check says which inputs it does not cover"};
}

/// Whether all conditions of a row hold; an error when one cannot be decided.
Result<bool> holds(const Row& row, std::size_t index, std::span<const cel::Value> values,
                   cel::Arena& arena) {
  for (const cel::Program& condition : row.conditions) {
    const cel::Value value = condition.evaluate(values, arena);
    if (value.is_error())
      return std::unexpected(undecided(fmt::format("{} of row {} cannot be decided: {}",
                                                   checks::excerpt(condition.source(), 80),
                                                   index + 1, value.message())));
    if (!value.is_true()) return false;
  }
  return true;
}

Result<std::vector<std::size_t>> rows_that_hold(const Table::Compiled& table,
                                                std::span<const cel::Value> values,
                                                cel::Arena& arena) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    PLIMSOLL_TRY(const bool held, holds(table.rows[i], i, values, arena));
    if (!held) continue;
    found.push_back(i);
    if (table.hit == RuleTable::Hit::first) break;
  }
  if (found.empty() && table.hit != RuleTable::Hit::collect)
    return std::unexpected(undecided("no row of the rule table holds for these facts"));
  if (found.size() > 1 && table.hit == RuleTable::Hit::unique)
    return std::unexpected(
        undecided(fmt::format("rows {} and {} of the rule table both hold, and only one may",
                              found[0] + 1, found[1] + 1)));
  return found;
}

}  // namespace

Result<Table> Table::compile(const RuleTable& source, std::vector<Problem>& problems) {
  auto compiled = Builder(source, problems).run();
  if (problems.empty()) return Table(std::move(compiled));
  return fail(ErrorKind::config_invalid,
              fmt::format("rule table {}: {}", source.path, problems.front().what),
              problems.front().fix);
}

Result<Decision> Table::decide(std::string_view facts) const {
  json::Document document;
  const auto root = document.parse(facts);
  if (!root)
    return fail(ErrorKind::input_rejected,
                fmt::format("the facts for the rules are no JSON: {}", root.error().what),
                "send the facts as one JSON object");
  const auto judgement = compiled_->schema->judge(*root, facts);
  if (judgement.outcome != checks::JsonSchema::Outcome::fits) {
    const bool told = !judgement.violations.empty();
    return fail(
        ErrorKind::input_rejected,
        told ? fmt::format("the facts for the rules do not fit at {}: expected {}, found {}",
                           judgement.violations[0].where.empty() ? "the top"
                                                                 : judgement.violations[0].where,
                           judgement.violations[0].expected, judgement.violations[0].found)
             : std::string("the facts for the rules cannot be judged"),
        "send the facts as the schema of the rule table wants them");
  }
  cel::Arena arena;
  const auto values = values_of(*compiled_, *root);
  Decision decision;
  PLIMSOLL_TRY(decision.rows, rows_that_hold(*compiled_, values, arena));
  const bool list = compiled_->hit == RuleTable::Hit::collect;
  if (list) decision.json = "[";
  for (const std::size_t row : decision.rows) {
    const cel::Value value = compiled_->rows[row].then.evaluate(values, arena);
    if (value.is_error())
      return std::unexpected(undecided(
          fmt::format("the answer of row {} cannot be computed: {}", row + 1, value.message())));
    if (list && decision.json.size() > 1) decision.json += ',';
    decision.json += to_json(value, arena);
  }
  if (list) decision.json += ']';
  return decision;
}

Result<Decision> Table::decide(const Request& request) const {
  PLIMSOLL_TRY(const std::string facts, facts_of(request, compiled_->from));
  return decide(facts);
}

}  // namespace plimsoll::rules
