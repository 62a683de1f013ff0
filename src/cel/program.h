#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/fault.h"
#include "cel/type.h"
#include "cel/value.h"

namespace plimsoll::cel {

/// A name that expressions may use. It may be dotted: "request.input_tokens" is one
/// variable, looked up when the expression is compiled and not when it runs.
struct Variable {
  std::string name;
  Type type;
};

enum class Checking : std::uint8_t {
  strict,  // unknown names and wrong types are faults
  none,    // they are errors of the evaluation
};

struct Environment {
  std::vector<Variable> variables;
  std::string container;  // names are looked for in it first: "a.b"
  Checking checking = Checking::strict;
};

/// What one evaluation may cost, in steps (about 10 ns each). It bounds time and
/// memory, whatever the expression and the data.
inline constexpr std::int64_t kCostMax = 1'000'000;

/// An expression, compiled. Immutable and thread-safe; copies share it.
class Program {
 public:
  /// Pure. `source` need not outlive the call. A time zone that is named in the
  /// expression is read from the system's tables here.
  static std::expected<Program, Fault> compile(std::string_view source,
                                               const Environment& environment);

  /// What it gives, as far as it is known.
  const Type& type() const noexcept;
  /// The variables it reads, as indices into the environment's, ascending.
  std::span<const std::uint32_t> reads() const noexcept;
  const std::string& source() const noexcept;

  /// Runs it. `variables` holds one value for each of the environment's, in its
  /// order; an error value stands for one that is not set. Fails with an error
  /// value, never otherwise; its `offset() - 1` is the place in the source. The
  /// result lives as long as this program, `variables` and `arena`. A simple
  /// condition asks the system for no memory.
  Value evaluate(std::span<const Value> variables, Arena& arena,
                 std::int64_t cost_max = kCostMax) const;

  struct Code;

 private:
  explicit Program(std::shared_ptr<const Code> code);
  std::shared_ptr<const Code> code_;
};

}  // namespace plimsoll::cel
