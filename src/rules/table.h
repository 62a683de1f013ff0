#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/request.h"
#include "model/rule_table.h"

namespace plimsoll::rules {

/// What is wrong with a table, and where in its file.
struct Problem {
  std::size_t at = 0;  // bytes
  std::string what;
  std::string fix;
};

struct Decision {
  std::string json;               // the answer
  std::vector<std::size_t> rows;  // that held, from 0
};

/// A decision table, compiled. Immutable and thread-safe; copies share it.
class Table {
 public:
  /// Pure. Everything that is wrong is in `problems`, which must be empty; then the
  /// result is a table, else an error.
  ///
  /// Errors
  ///   config_invalid   there are problems
  [[nodiscard]] static Result<Table> compile(const RuleTable& source,
                                             std::vector<Problem>& problems);

  /// What is decided on these facts, one JSON object.
  ///
  /// Errors
  ///   input_rejected   the facts are no JSON, or do not fit the schema; `what` says
  ///                    which and why
  ///   reply_invalid    no row holds; under `unique` more than one does; a cell or an
  ///                    answer cannot be computed
  [[nodiscard]] Result<Decision> decide(std::string_view facts) const;

  /// The same on the facts that a request carries.
  ///
  /// Errors
  ///   as of the other, and input_rejected when it carries none
  [[nodiscard]] Result<Decision> decide(const Request& request) const;

  struct Compiled;
  const Compiled& compiled() const noexcept { return *compiled_; }

 private:
  explicit Table(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

/// Runs the examples that stand beside the table: each that fails is a problem.
std::vector<Problem> run_examples(const Table& table, const RuleTable& source);

/// What no single row shows: inputs that no row covers, inputs that two rows cover
/// under `unique`, rows that are never reached. Exact over enumerations, booleans and
/// whole numbers with bounds or without, for rows that compare facts with constants.
struct Lint {
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // what was not judged, and why
  std::size_t regions = 0;         // of inputs that were looked at
};
Lint lint(const Table& table, const RuleTable& source);

/// Equal as JSON: the order of keys and the spelling of numbers do not count.
bool equal_json(std::string_view left, std::string_view right);

/// The JSON object of facts that a request carries, as text.
///
/// Errors
///   input_rejected   there is none
[[nodiscard]] Result<std::string> facts_of(const Request& request, RuleTable::From from);

}  // namespace plimsoll::rules
