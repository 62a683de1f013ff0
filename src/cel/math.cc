#include <cmath>

#include "cel/internal/context.h"

namespace plimsoll::cel {
namespace {

/// The number of a list that wins against all others; `greater` says which side wins.
Value extreme(Context& context, const Value& list, bool greatest) {
  if (!context.spend(list.size())) return Value::error(kCostGone);
  const auto items = list.items(context.arena);
  if (items.empty()) return Value::error("the list of numbers is empty");
  Value best = items[0];
  for (const Value& item : items) {
    if (!item.is_number()) return Value::error(kNoOverload);
    const Order found = order(item, best);
    if (greatest ? found.greater : found.less) best = item;
  }
  return best;
}

Value greatest(Context& context, const Value* a) { return extreme(context, a[0], true); }
Value least(Context& context, const Value* a) { return extreme(context, a[0], false); }
Value same(Context&, const Value* a) { return a[0]; }

template <double (*Step)(double)>
Value reals(Context&, const Value* a) {
  return Value::real(Step(a[0].as_real()));
}
double ceiling(double value) { return std::ceil(value); }
double floor_of(double value) { return std::floor(value); }
double rounded(double value) { return std::round(value); }
double truncated(double value) { return std::trunc(value); }
double magnitude(double value) { return std::abs(value); }
double root(double value) { return std::sqrt(value); }
double sign_of(double value) { return value > 0 ? 1.0 : value < 0 ? -1.0 : value; }

Value absolute(Context&, const Value* a) {
  if (a[0].as_integer() == INT64_MIN) return Value::error("overflow: the result does not fit");
  return Value::integer(std::abs(a[0].as_integer()));
}
Value sign(Context&, const Value* a) {
  const std::int64_t value = a[0].as_integer();
  return Value::integer(value > 0 ? 1 : value < 0 ? -1 : 0);
}
Value sign_of_uinteger(Context&, const Value* a) {
  return Value::uinteger(a[0].as_uinteger() > 0 ? 1 : 0);
}
Value root_of_integer(Context&, const Value* a) {
  return Value::real(std::sqrt(static_cast<double>(a[0].as_integer())));
}

Value is_nan(Context&, const Value* a) { return Value::boolean(std::isnan(a[0].as_real())); }
Value is_infinite(Context&, const Value* a) { return Value::boolean(std::isinf(a[0].as_real())); }
Value is_finite(Context&, const Value* a) { return Value::boolean(std::isfinite(a[0].as_real())); }

using Bits = std::uint64_t;

Bits bits_of(const Value& value) noexcept { return value.as_uinteger(); }
Value with_bits(const Value& like, Bits bits) {
  return like.is(Kind::integer) ? Value::integer(static_cast<std::int64_t>(bits))
                                : Value::uinteger(bits);
}
Value bit_and(Context&, const Value* a) { return with_bits(a[0], bits_of(a[0]) & bits_of(a[1])); }
Value bit_or(Context&, const Value* a) { return with_bits(a[0], bits_of(a[0]) | bits_of(a[1])); }
Value bit_xor(Context&, const Value* a) { return with_bits(a[0], bits_of(a[0]) ^ bits_of(a[1])); }
Value bit_not(Context&, const Value* a) { return with_bits(a[0], ~bits_of(a[0])); }

/// Shifts fill with zeros on both sides, also of a negative int.
Value shifted(const Value* a, bool left) {
  const std::int64_t by = a[1].as_integer();
  if (by < 0) return Value::error("a shift by a negative offset");
  const Bits bits = bits_of(a[0]);
  if (by > 63) return with_bits(a[0], 0);
  return with_bits(a[0], left ? bits << static_cast<Bits>(by) : bits >> static_cast<Bits>(by));
}
Value shift_left(Context&, const Value* a) { return shifted(a, true); }
Value shift_right(Context&, const Value* a) { return shifted(a, false); }

constexpr Overload kRows[] = {
    {"math.greatest", "i", 'i', false, same},
    {"math.greatest", "u", 'u', false, same},
    {"math.greatest", "d", 'd', false, same},
    {"math.greatest", "L", 'D', false, greatest},
    {"math.least", "i", 'i', false, same},
    {"math.least", "u", 'u', false, same},
    {"math.least", "d", 'd', false, same},
    {"math.least", "L", 'D', false, least},
    {"math.ceil", "d", 'd', false, reals<ceiling>},
    {"math.floor", "d", 'd', false, reals<floor_of>},
    {"math.round", "d", 'd', false, reals<rounded>},
    {"math.trunc", "d", 'd', false, reals<truncated>},
    {"math.abs", "i", 'i', false, absolute},
    {"math.abs", "u", 'u', false, same},
    {"math.abs", "d", 'd', false, reals<magnitude>},
    {"math.sign", "i", 'i', false, sign},
    {"math.sign", "u", 'u', false, sign_of_uinteger},
    {"math.sign", "d", 'd', false, reals<sign_of>},
    {"math.sqrt", "d", 'd', false, reals<root>},
    {"math.sqrt", "i", 'd', false, root_of_integer},
    {"math.isNaN", "d", 'b', false, is_nan},
    {"math.isInf", "d", 'b', false, is_infinite},
    {"math.isFinite", "d", 'b', false, is_finite},
    {"math.bitAnd", "ii", 'i', false, bit_and},
    {"math.bitAnd", "uu", 'u', false, bit_and},
    {"math.bitOr", "ii", 'i', false, bit_or},
    {"math.bitOr", "uu", 'u', false, bit_or},
    {"math.bitXor", "ii", 'i', false, bit_xor},
    {"math.bitXor", "uu", 'u', false, bit_xor},
    {"math.bitNot", "i", 'i', false, bit_not},
    {"math.bitNot", "u", 'u', false, bit_not},
    {"math.bitShiftLeft", "ii", 'i', false, shift_left},
    {"math.bitShiftLeft", "ui", 'u', false, shift_left},
    {"math.bitShiftRight", "ii", 'i', false, shift_right},
    {"math.bitShiftRight", "ui", 'u', false, shift_right},
};

}  // namespace

std::span<const Overload> math_functions() { return kRows; }

}  // namespace plimsoll::cel
