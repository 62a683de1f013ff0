// The arithmetic of the language: whole numbers that would overflow are an error,
// doubles follow IEEE 754.
#include <cmath>
#include <cstring>

#include "cel/internal/context.h"
#include "cel/internal/time_arithmetic.h"

namespace plimsoll::cel {
namespace {

const Value kOverflow = Value::error("overflow: the result does not fit in 64 bits");

template <bool (*Step)(std::int64_t, std::int64_t, std::int64_t*)>
Value integers(Context&, const Value* a) {
  std::int64_t result = 0;
  return Step(a[0].as_integer(), a[1].as_integer(), &result) ? kOverflow : Value::integer(result);
}
template <bool (*Step)(std::uint64_t, std::uint64_t, std::uint64_t*)>
Value uintegers(Context&, const Value* a) {
  std::uint64_t result = 0;
  return Step(a[0].as_uinteger(), a[1].as_uinteger(), &result) ? kOverflow
                                                               : Value::uinteger(result);
}
template <class T>
bool sum(T a, T b, T* out) {
  return __builtin_add_overflow(a, b, out);
}
template <class T>
bool difference(T a, T b, T* out) {
  return __builtin_sub_overflow(a, b, out);
}
template <class T>
bool product(T a, T b, T* out) {
  return __builtin_mul_overflow(a, b, out);
}

Value divide_integers(Context&, const Value* a) {
  const std::int64_t by = a[1].as_integer();
  if (by == 0) return Value::error("division by zero");
  if (by == -1 && a[0].as_integer() == INT64_MIN) return kOverflow;
  return Value::integer(a[0].as_integer() / by);
}
Value rest_of_integers(Context&, const Value* a) {
  const std::int64_t by = a[1].as_integer();
  if (by == 0) return Value::error("modulus by zero");
  if (by == -1) return Value::integer(0);
  return Value::integer(a[0].as_integer() % by);
}
Value divide_uintegers(Context&, const Value* a) {
  if (a[1].as_uinteger() == 0) return Value::error("division by zero");
  return Value::uinteger(a[0].as_uinteger() / a[1].as_uinteger());
}
Value rest_of_uintegers(Context&, const Value* a) {
  if (a[1].as_uinteger() == 0) return Value::error("modulus by zero");
  return Value::uinteger(a[0].as_uinteger() % a[1].as_uinteger());
}

Value add_reals(Context&, const Value* a) { return Value::real(a[0].as_real() + a[1].as_real()); }
Value subtract_reals(Context&, const Value* a) {
  return Value::real(a[0].as_real() - a[1].as_real());
}
Value multiply_reals(Context&, const Value* a) {
  return Value::real(a[0].as_real() * a[1].as_real());
}
Value divide_reals(Context&, const Value* a) {
  return Value::real(a[0].as_real() / a[1].as_real());
}

Value negate_integer(Context&, const Value* a) {
  return a[0].as_integer() == INT64_MIN ? kOverflow : Value::integer(-a[0].as_integer());
}
Value negate_real(Context&, const Value* a) { return Value::real(-a[0].as_real()); }

std::string_view joined(Context& context, std::string_view left, std::string_view right) {
  const std::size_t size = left.size() + right.size();
  if (!context.spend(size / 16)) return {};
  char* const place = context.arena.array<char>(size);
  if (!left.empty()) std::memcpy(place, left.data(), left.size());
  if (!right.empty()) std::memcpy(place + left.size(), right.data(), right.size());
  return {place, size};
}
Value add_strings(Context& context, const Value* a) {
  return Value::string(joined(context, a[0].text(), a[1].text()));
}
Value add_bytes(Context& context, const Value* a) {
  return Value::bytes(joined(context, a[0].text(), a[1].text()));
}

Value add_lists(Context& context, const Value* a) {
  const std::size_t size = a[0].size() + a[1].size();
  if (!context.spend(size)) return Value::error(kCostGone);
  Value* const items = context.arena.array<Value>(size);
  std::size_t made = 0;
  for (const Value& item : a[0].items(context.arena)) std::construct_at(items + made++, item);
  for (const Value& item : a[1].items(context.arena)) std::construct_at(items + made++, item);
  return Value::list({items, made});
}

Value add_time(Context&, const Value* a) { return moved(a[0].instant(), a[1].as_integer()); }
Value add_time_behind(Context&, const Value* a) { return moved(a[1].instant(), a[0].as_integer()); }
Value subtract_time(Context&, const Value* a) {
  const std::int64_t nanos = a[1].as_integer();
  if (nanos == INT64_MIN) return Value::error("timestamp out of range");
  return moved(a[0].instant(), -nanos);
}
Value subtract_times(Context&, const Value* a) { return between(a[0].instant(), a[1].instant()); }

template <bool (*Step)(std::int64_t, std::int64_t, std::int64_t*)>
Value durations(Context&, const Value* a) {
  std::int64_t nanos = 0;
  if (Step(a[0].as_integer(), a[1].as_integer(), &nanos))
    return Value::error("duration out of range");
  return Value::duration(nanos);
}

constexpr Overload kRows[] = {
    {"_+_", "ii", 'i', false, integers<sum<std::int64_t>>},
    {"_+_", "uu", 'u', false, uintegers<sum<std::uint64_t>>},
    {"_+_", "dd", 'd', false, add_reals},
    {"_+_", "ss", 's', false, add_strings},
    {"_+_", "yy", 'y', false, add_bytes},
    {"_+_", "LL", 'L', false, add_lists},
    {"_+_", "tr", 't', false, add_time},
    {"_+_", "rt", 't', false, add_time_behind},
    {"_+_", "rr", 'r', false, durations<sum<std::int64_t>>},
    {"_-_", "ii", 'i', false, integers<difference<std::int64_t>>},
    {"_-_", "uu", 'u', false, uintegers<difference<std::uint64_t>>},
    {"_-_", "dd", 'd', false, subtract_reals},
    {"_-_", "tr", 't', false, subtract_time},
    {"_-_", "tt", 'r', false, subtract_times},
    {"_-_", "rr", 'r', false, durations<difference<std::int64_t>>},
    {"_*_", "ii", 'i', false, integers<product<std::int64_t>>},
    {"_*_", "uu", 'u', false, uintegers<product<std::uint64_t>>},
    {"_*_", "dd", 'd', false, multiply_reals},
    {"_/_", "ii", 'i', false, divide_integers},
    {"_/_", "uu", 'u', false, divide_uintegers},
    {"_/_", "dd", 'd', false, divide_reals},
    {"_%_", "ii", 'i', false, rest_of_integers},
    {"_%_", "uu", 'u', false, rest_of_uintegers},
    {"-_", "i", 'i', false, negate_integer},
    {"-_", "d", 'd', false, negate_real},
};

}  // namespace

std::span<const Overload> arithmetic_functions() { return kRows; }

}  // namespace plimsoll::cel
