#include "cel/internal/format.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <cmath>
#include <string>

namespace plimsoll::cel {
namespace {

/// One clause: %.3f has the letter f and the precision 3.
struct Clause {
  char letter = '\0';
  int precision = 6;
};

bool is_special(double value) noexcept { return !std::isfinite(value); }

/// Appends the argument; false when its kind does not fit the clause.
bool append_number(std::string& out, const Clause& clause, const Value& value, Arena& arena) {
  if (!value.is_number()) return false;
  double number = 0;
  if (value.is(Kind::real))
    number = value.as_real();
  else if (value.is(Kind::integer))
    number = static_cast<double>(value.as_integer());
  else
    number = static_cast<double>(value.as_uinteger());
  if (is_special(number))
    out += to_text(value, arena);
  else if (clause.letter == 'f')
    out += fmt::format("{:.{}f}", number, clause.precision);
  else
    out += fmt::format("{:.{}e}", number, clause.precision);
  return true;
}

bool append_decimal(std::string& out, const Value& value, Arena& arena) {
  const bool special = value.is(Kind::real) && is_special(value.as_real());
  if (!special && !value.is(Kind::integer) && !value.is(Kind::uinteger)) return false;
  out += to_text(value, arena);
  return true;
}

template <class T>
void append_in_base(std::string& out, char letter, T value) {
  switch (letter) {
    case 'b': out += fmt::format("{:b}", value); break;
    case 'o': out += fmt::format("{:o}", value); break;
    case 'x': out += fmt::format("{:x}", value); break;
    default: out += fmt::format("{:X}", value); break;
  }
}

bool append_based(std::string& out, char letter, const Value& value) {
  const bool hexadecimal = letter == 'x' || letter == 'X';
  if (value.is(Kind::integer))
    append_in_base(out, letter, value.as_integer());
  else if (value.is(Kind::uinteger))
    append_in_base(out, letter, value.as_uinteger());
  else if (letter == 'b' && value.is(Kind::boolean))
    out += value.as_boolean() ? '1' : '0';
  else if (hexadecimal && (value.is(Kind::string) || value.is(Kind::bytes)))
    for (const char c : value.text())
      out += letter == 'x' ? fmt::format("{:02x}", static_cast<unsigned char>(c))
                           : fmt::format("{:02X}", static_cast<unsigned char>(c));
  else
    return false;
  return true;
}

bool append(std::string& out, const Clause& clause, const Value& value, Arena& arena) {
  switch (clause.letter) {
    case 's': out += to_text(value, arena); return true;
    case 'd': return append_decimal(out, value, arena);
    case 'f':
    case 'e': return append_number(out, clause, value, arena);
    default: return append_based(out, clause.letter, value);
  }
}

/// Reads the clause behind a '%'; its letter is nul when it is none.
Clause read_clause(std::string_view pattern, std::size_t& at) {
  constexpr int kPrecisionMax = 100;
  Clause clause;
  if (at < pattern.size() && pattern[at] == '.') {
    clause.precision = 0;
    for (++at; at < pattern.size() && pattern[at] >= '0' && pattern[at] <= '9'; ++at)
      clause.precision = std::min(clause.precision * 10 + (pattern[at] - '0'), kPrecisionMax);
  }
  if (at < pattern.size() &&
      std::string_view("sdfexXbo").find(pattern[at]) != std::string_view::npos)
    clause.letter = pattern[at];
  return clause;
}

}  // namespace

Value format_text(Context& context, std::string_view pattern, std::span<const Value> arguments) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%') {
      out += pattern[at];
      continue;
    }
    ++at;
    if (at < pattern.size() && pattern[at] == '%') {
      out += '%';
      continue;
    }
    const Clause clause = read_clause(pattern, at);
    if (clause.letter == '\0')
      return context.error(fmt::format("could not parse formatting clause: unrecognized {:?}",
                                       pattern.substr(std::min(at, pattern.size()), 1)));
    if (used >= arguments.size())
      return context.error(fmt::format("format: index {} out of range", used));
    const Value& value = arguments[used++];
    if (!append(out, clause, value, context.arena))
      return context.error(fmt::format("error during formatting: %{} cannot write a {}",
                                       clause.letter, kind_name(value.kind())));
    if (!context.spend(1 + out.size() / 256)) return Value::error(kCostGone);
  }
  return Value::string(context.arena.copy(out));
}

}  // namespace plimsoll::cel
