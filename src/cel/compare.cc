// Equality and order over all kinds. Numbers compare as numbers, an int with a double
// without rounding either.
#include <cmath>

#include "cel/value.h"

namespace plimsoll::cel {
namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

Order ordered(bool less, bool greater) noexcept {
  return {.comparable = true, .less = less, .greater = greater, .unordered = false};
}

template <class T>
Order compare(const T& left, const T& right) noexcept {
  return ordered(left < right, right < left);
}

Order flipped(Order order) noexcept {
  std::swap(order.less, order.greater);
  return order;
}

Order integer_and_real(std::int64_t left, double right) noexcept {
  if (std::isnan(right)) return {.comparable = true, .unordered = true};
  // At the edge itself the language wants the int's own rounding to decide.
  if (right >= kTwo63) return compare(static_cast<double>(left), right);
  if (right < -kTwo63) return ordered(false, true);
  const auto whole = static_cast<std::int64_t>(right);
  if (left != whole) return compare(left, whole);
  return compare(0.0, right - std::trunc(right));
}

Order uinteger_and_real(std::uint64_t left, double right) noexcept {
  if (std::isnan(right)) return {.comparable = true, .unordered = true};
  if (right >= kTwo64) return compare(static_cast<double>(left), right);
  if (right < 0) return ordered(false, true);
  const auto whole = static_cast<std::uint64_t>(right);
  if (left != whole) return compare(left, whole);
  return compare(0.0, right - std::trunc(right));
}

Order integer_and_uinteger(std::int64_t left, std::uint64_t right) noexcept {
  if (left < 0) return ordered(true, false);
  return compare(static_cast<std::uint64_t>(left), right);
}

Order reals(double left, double right) noexcept {
  if (std::isnan(left) || std::isnan(right)) return {.comparable = true, .unordered = true};
  return compare(left, right);
}

Order numbers(const Value& left, const Value& right) noexcept {
  if (left.is(Kind::integer)) {
    if (right.is(Kind::integer)) return compare(left.as_integer(), right.as_integer());
    if (right.is(Kind::uinteger))
      return integer_and_uinteger(left.as_integer(), right.as_uinteger());
    return integer_and_real(left.as_integer(), right.as_real());
  }
  if (left.is(Kind::uinteger)) {
    if (right.is(Kind::uinteger)) return compare(left.as_uinteger(), right.as_uinteger());
    if (right.is(Kind::real)) return uinteger_and_real(left.as_uinteger(), right.as_real());
  }
  if (left.is(Kind::real) && right.is(Kind::real)) return reals(left.as_real(), right.as_real());
  return flipped(numbers(right, left));
}

bool same_address(const Value& left, const Value& right) noexcept {
  return left.family() == right.family() && left.address() == right.address();
}

bool same_lists(const Value& left, const Value& right, Arena& arena, std::int64_t& budget) {
  if (left.size() != right.size()) return false;
  budget -= static_cast<std::int64_t>(left.size());
  if (budget < 0) return false;
  const auto ours = left.items(arena), theirs = right.items(arena);
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (!equal(ours[i], theirs[i], arena, budget)) return false;
  return true;
}

bool same_maps(const Value& left, const Value& right, Arena& arena, std::int64_t& budget) {
  const std::size_t size = left.size();
  if (size != right.size()) return false;
  budget -= static_cast<std::int64_t>(size + size * size / 8);
  if (budget < 0) return false;
  const auto ours = left.items(arena), theirs = right.items(arena);
  for (std::size_t i = 0; i + 1 < ours.size(); i += 2) {
    const Value* const found = find_key(theirs, ours[i]);
    if (found == nullptr || !equal(ours[i + 1], *found, arena, budget)) return false;
  }
  return true;
}

bool same_optionals(const Value& left, const Value& right, Arena& arena, std::int64_t& budget) {
  if (left.inner() == nullptr || right.inner() == nullptr) return left.inner() == right.inner();
  return equal(*left.inner(), *right.inner(), arena, budget);
}

}  // namespace

Order order(const Value& left, const Value& right) noexcept {
  if (left.is_number() && right.is_number()) return numbers(left, right);
  if (left.kind() != right.kind()) return {};
  switch (left.kind()) {
    case Kind::boolean: return compare(left.as_boolean(), right.as_boolean());
    case Kind::string:
    case Kind::bytes: return compare(left.text(), right.text());
    case Kind::timestamp: return compare(left.instant(), right.instant());
    case Kind::duration: return compare(left.as_integer(), right.as_integer());
    default: return {};
  }
}

bool equal(const Value& left, const Value& right, Arena& arena, std::int64_t& budget) {
  if (left.is_number() && right.is_number()) {
    const Order found = numbers(left, right);
    return !found.less && !found.greater && !found.unordered;
  }
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return left.as_boolean() == right.as_boolean();
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return left.text() == right.text();
    case Kind::timestamp: return left.instant() == right.instant();
    case Kind::duration: return left.as_integer() == right.as_integer();
    case Kind::list: return same_lists(left, right, arena, budget);
    case Kind::map: return same_maps(left, right, arena, budget);
    case Kind::optional: return same_optionals(left, right, arena, budget);
    case Kind::ip: return same_address(left, right);
    case Kind::cidr: return same_address(left, right) && left.prefix() == right.prefix();
    default: return false;
  }
}

const Value* find_key(std::span<const Value> entries, const Value& key) noexcept {
  const bool number = key.is_number();
  if (!number && !key.is(Kind::string) && !key.is(Kind::boolean)) return nullptr;
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
    const Value& candidate = entries[i];
    if (!number && candidate.kind() != key.kind()) continue;
    const Order found = order(candidate, key);
    if (found.comparable && !found.less && !found.greater && !found.unordered)
      return &entries[i + 1];
  }
  return nullptr;
}

}  // namespace plimsoll::cel
