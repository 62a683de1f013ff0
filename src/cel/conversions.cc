// Conversions between kinds: int(x), string(x), ...; each refuses what would change
// the value's meaning (but a double loses its fraction, as the language wants).
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

#include "cel/internal/context.h"
#include "cel/internal/time_arithmetic.h"
#include "cel/literals.h"

namespace plimsoll::cel {
namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;
const Value kRange = Value::error("range error: the number does not fit");

Value same(Context&, const Value* a) { return a[0]; }

template <class T>
bool read_whole(std::string_view text, T& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

Value integer_of_uinteger(Context&, const Value* a) {
  if (a[0].as_uinteger() > INT64_MAX) return kRange;
  return Value::integer(static_cast<std::int64_t>(a[0].as_uinteger()));
}
Value integer_of_real(Context&, const Value* a) {
  const double value = a[0].as_real();
  if (!(value > -kTwo63 && value < kTwo63)) return kRange;
  return Value::integer(static_cast<std::int64_t>(value));
}
Value integer_of_string(Context& context, const Value* a) {
  std::int64_t value = 0;
  if (read_whole(a[0].text(), value)) return Value::integer(value);
  return context.error(fmt::format("{:?} is no int", a[0].text()));
}
Value integer_of_time(Context&, const Value* a) { return Value::integer(a[0].instant().seconds); }
Value integer_of_duration(Context&, const Value* a) {
  return Value::integer(a[0].as_integer() / kNanosPerSecond);
}

Value uinteger_of_integer(Context&, const Value* a) {
  if (a[0].as_integer() < 0) return kRange;
  return Value::uinteger(static_cast<std::uint64_t>(a[0].as_integer()));
}
Value uinteger_of_real(Context&, const Value* a) {
  const double value = a[0].as_real();
  if (!(value > -1 && value < kTwo64)) return kRange;
  return Value::uinteger(static_cast<std::uint64_t>(value));
}
Value uinteger_of_string(Context& context, const Value* a) {
  std::uint64_t value = 0;
  if (read_whole(a[0].text(), value)) return Value::uinteger(value);
  return context.error(fmt::format("{:?} is no uint", a[0].text()));
}

Value real_of_integer(Context&, const Value* a) {
  return Value::real(static_cast<double>(a[0].as_integer()));
}
Value real_of_uinteger(Context&, const Value* a) {
  return Value::real(static_cast<double>(a[0].as_uinteger()));
}
Value real_of_string(Context& context, const Value* a) {
  double value = 0;
  if (read_real(a[0].text(), value)) return Value::real(value);
  return context.error(fmt::format("{:?} is no double", a[0].text()));
}

Value boolean_of_string(Context& context, const Value* a) {
  static constexpr std::array<std::string_view, 5> kTrue = {"1", "t", "true", "TRUE", "True"};
  static constexpr std::array<std::string_view, 5> kFalse = {"0", "f", "false", "FALSE", "False"};
  for (std::size_t i = 0; i < kTrue.size(); ++i) {
    if (a[0].text() == kTrue[i]) return Value::boolean(true);
    if (a[0].text() == kFalse[i]) return Value::boolean(false);
  }
  return context.error(fmt::format("{:?} is no bool", a[0].text()));
}

Value string_of(Context& context, const Value* a) {
  return Value::string(context.arena.copy(to_text(a[0], context.arena)));
}
Value string_of_bytes(Context& context, const Value* a) {
  if (!context.spend(a[0].text().size() / 16)) return Value::error(kCostGone);
  if (!is_utf8(a[0].text())) return Value::error("invalid UTF-8 in bytes, cannot be a string");
  return Value::string(a[0].text());
}
Value bytes_of_string(Context&, const Value* a) { return Value::bytes(a[0].text()); }

Value type_of(Context&, const Value* a) { return Value::type(kind_name(a[0].kind())); }

Value time_of_string(Context& context, const Value* a) {
  const auto instant = read_instant(a[0].text());
  if (instant) return Value::timestamp(*instant);
  return context.error(fmt::format(
      "{:?} is no timestamp of RFC 3339 in the range of the years 1 to 9999", a[0].text()));
}
Value time_of_integer(Context&, const Value* a) {
  const std::int64_t seconds = a[0].as_integer();
  if (seconds < kSecondsMin || seconds > kSecondsMax)
    return Value::error("timestamp out of range: years 1 to 9999");
  return Value::timestamp({.seconds = seconds});
}
Value duration_of_string(Context& context, const Value* a) {
  const auto nanos = read_duration(a[0].text());
  if (nanos) return Value::duration(*nanos);
  return context.error(
      fmt::format("{:?} is no duration in range; write 90s, 1h30m or 250ms", a[0].text()));
}
Value duration_of_integer(Context&, const Value* a) {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(a[0].as_integer(), kNanosPerSecond, &nanos))
    return Value::error("duration out of range: at most 292 years");
  return Value::duration(nanos);
}

constexpr Overload kRows[] = {
    {"int", "i", 'i', false, same},
    {"int", "u", 'i', false, integer_of_uinteger},
    {"int", "d", 'i', false, integer_of_real},
    {"int", "s", 'i', false, integer_of_string},
    {"int", "t", 'i', false, integer_of_time},
    {"int", "r", 'i', false, integer_of_duration},
    {"uint", "u", 'u', false, same},
    {"uint", "i", 'u', false, uinteger_of_integer},
    {"uint", "d", 'u', false, uinteger_of_real},
    {"uint", "s", 'u', false, uinteger_of_string},
    {"double", "d", 'd', false, same},
    {"double", "i", 'd', false, real_of_integer},
    {"double", "u", 'd', false, real_of_uinteger},
    {"double", "s", 'd', false, real_of_string},
    {"bool", "b", 'b', false, same},
    {"bool", "s", 'b', false, boolean_of_string},
    {"string", "s", 's', false, same},
    {"string", "i", 's', false, string_of},
    {"string", "u", 's', false, string_of},
    {"string", "d", 's', false, string_of},
    {"string", "b", 's', false, string_of},
    {"string", "y", 's', false, string_of_bytes},
    {"string", "t", 's', false, string_of},
    {"string", "r", 's', false, string_of},
    {"string", "P", 's', false, string_of},
    {"string", "C", 's', false, string_of},
    {"bytes", "y", 'y', false, same},
    {"bytes", "s", 'y', false, bytes_of_string},
    {"dyn", "D", 'D', false, same},
    {"type", "D", 'T', false, type_of},
    {"timestamp", "t", 't', false, same},
    {"timestamp", "s", 't', false, time_of_string},
    {"timestamp", "i", 't', false, time_of_integer},
    {"duration", "r", 'r', false, same},
    {"duration", "s", 'r', false, duration_of_string},
    {"duration", "i", 'r', false, duration_of_integer},
};

}  // namespace

std::span<const Overload> conversion_functions() { return kRows; }

}  // namespace plimsoll::cel
