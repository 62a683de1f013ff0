// Lists, maps, optionals, and bytes as base64.
#include <algorithm>
#include <array>
#include <string>

#include "cel/internal/context.h"

namespace plimsoll::cel {
namespace {

Value size(Context&, const Value* a) {
  return Value::integer(static_cast<std::int64_t>(a[0].size()));
}

Value boxed(Context& context, const Value& value) {
  return Value::some(std::construct_at(context.arena.array<Value>(1), value));
}

bool is_zero(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return !value.as_boolean();
    case Kind::integer:
    case Kind::uinteger:
    case Kind::duration: return value.as_uinteger() == 0;
    case Kind::real: return value.as_real() == 0;
    case Kind::string:
    case Kind::bytes: return value.text().empty();
    case Kind::list:
    case Kind::map: return value.size() == 0;
    case Kind::timestamp: return value.instant() == Instant{};
    case Kind::optional: return value.inner() == nullptr;
    default: return false;
  }
}

Value some(Context& context, const Value* a) { return boxed(context, a[0]); }
Value some_unless_zero(Context& context, const Value* a) {
  return is_zero(a[0]) ? Value::none() : boxed(context, a[0]);
}
Value none(Context&, const Value*) { return Value::none(); }
Value has_value(Context&, const Value* a) { return Value::boolean(a[0].inner() != nullptr); }
Value value_of(Context&, const Value* a) {
  return a[0].inner() == nullptr ? Value::error("the optional has no value") : *a[0].inner();
}
Value or_optional(Context&, const Value* a) { return a[0].inner() == nullptr ? a[1] : a[0]; }
Value or_value(Context&, const Value* a) { return a[0].inner() == nullptr ? a[1] : *a[0].inner(); }

Value encode(Context& context, const Value* a) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string_view in = a[0].text();
  if (!context.spend(in.size() / 8)) return Value::error(kCostGone);
  std::string out;
  for (std::size_t at = 0; at < in.size(); at += 3) {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at + i < in.size() ? static_cast<unsigned char>(in[at + i]) : 0U;
    };
    const unsigned word = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= in.size() - at ? kLetters[(word >> (18U - 6U * i)) & 0x3FU] : '=';
  }
  return Value::string(context.arena.copy(out));
}

int letter_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

Value decode(Context& context, const Value* a) {
  std::string_view in = a[0].text();
  if (!context.spend(in.size() / 8)) return Value::error(kCostGone);
  const std::size_t written = in.size();
  while (in.ends_with('=') && written - in.size() < 2) in.remove_suffix(1);
  if (in.size() % 4 == 1 || (written != in.size() && written % 4 != 0))
    return Value::error("this is no base64 text");
  std::string out;
  unsigned word = 0, bits = 0;
  for (const char c : in) {
    const int value = letter_value(c);
    if (value < 0) return Value::error("this is no base64 text");
    word = word << 6U | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((word >> bits) & 0xFFU);
  }
  return Value::bytes(context.arena.copy(out));
}

constexpr Overload kRows[] = {
    {"size", "L", 'i', false, size},
    {"size", "M", 'i', false, size},
    {"size", "L", 'i', true, size},
    {"size", "M", 'i', true, size},
    {"optional.of", "D", 'O', false, some},
    {"optional.ofNonZeroValue", "D", 'O', false, some_unless_zero},
    {"optional.none", "", 'O', false, none},
    {"hasValue", "O", 'b', true, has_value},
    {"value", "O", 'D', true, value_of},
    {"or", "OO", 'O', true, or_optional},
    {"orValue", "OD", 'D', true, or_value},
    {"base64.encode", "y", 's', false, encode},
    {"base64.decode", "s", 'y', false, decode},
};

}  // namespace

std::span<const Overload> collection_functions() { return kRows; }

}  // namespace plimsoll::cel
