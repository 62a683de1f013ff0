#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "cel/value.h"

namespace plimsoll::cel {

inline constexpr std::string_view kNoOverload = "no such overload";
inline constexpr std::string_view kCostGone =
    "the evaluation has cost more than it may (a limit of steps)";

/// What a function may use while it runs: memory, and what is left of the cost.
struct Context {
  Arena& arena;
  std::int64_t budget;

  /// Takes `steps` from the budget; false once it is gone.
  bool spend(std::size_t steps) noexcept {
    budget -= static_cast<std::int64_t>(steps);
    return budget >= 0;
  }
  /// A message made for the occasion.
  Value error(std::string_view message) { return Value::error(arena.copy(message)); }
};

/// One form of a function: what it takes, what it gives, what it does. The same row
/// serves the check of types and the run.
///
/// Letters of kinds: b bool, i int, u uint, d double, s string, y bytes, n null,
/// L list, M map, T type, t timestamp, r duration, O optional, P ip, C cidr, D any;
/// as a result also S: a list of strings.
struct Overload {
  std::string_view name;
  std::string_view parameters;  // the receiver first
  char result = 'D';
  bool receiver = false;
  Value (*run)(Context& context, const Value* arguments) = nullptr;
};

bool matches_letter(char letter, Kind kind) noexcept;
Kind kind_of_letter(char letter) noexcept;  // not of 'D' and 'S'

std::span<const Overload> arithmetic_functions();
std::span<const Overload> conversion_functions();
std::span<const Overload> text_functions();
std::span<const Overload> time_functions();
std::span<const Overload> math_functions();
std::span<const Overload> collection_functions();
std::span<const Overload> network_functions();

/// All rows of that name and number of arguments. The rows live for ever.
std::vector<const Overload*> find_overloads(std::string_view name, bool receiver,
                                            std::size_t arguments);
/// Whether some function without a receiver has that name.
bool is_function(std::string_view name);
/// All names, for suggestions.
std::vector<std::string_view> function_names();

}  // namespace plimsoll::cel
