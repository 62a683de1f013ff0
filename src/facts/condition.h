#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cel/program.h"

namespace plimsoll::facts {

/// Compiles what must be true or false over the names of `environment`.
///
/// Faults, besides the language's own: the result cannot be a bool.
std::expected<cel::Program, cel::Fault> compile_condition(std::string_view source,
                                                          const cel::Environment& environment);

/// A condition that must hold, and what to show of the world when it does not: the
/// fields that it names, each an expression of its own. Immutable and thread-safe.
class Requirement {
 public:
  /// Errors
  ///   config_invalid   the condition does not compile; `what` is its fault, with a caret
  [[nodiscard]] static Result<Requirement> compile(std::string_view source,
                                                   const cel::Environment& environment);

  /// Empty when it holds; else the evidence: "it is false, with answer.total = 20".
  std::string objection(std::span<const cel::Value> values, cel::Arena& arena) const;
  const cel::Program& program() const noexcept { return program_; }

 private:
  explicit Requirement(cel::Program program) : program_(std::move(program)) {}
  cel::Program program_;
  std::vector<cel::Program> fields_;
};

}  // namespace plimsoll::facts
