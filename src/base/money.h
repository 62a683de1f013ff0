#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace plimsoll {

/// An amount in billionths of a US dollar. Integer on purpose: sums of charges
/// must be exact and independent of the order of addition.
struct Money {
  std::int64_t nanos = 0;
  auto operator<=>(const Money&) const = default;
};

inline Money operator+(Money a, Money b) { return {a.nanos + b.nanos}; }
inline Money operator-(Money a, Money b) { return {a.nanos - b.nanos}; }
inline Money& operator+=(Money& a, Money b) { return a = a + b; }

/// "$0.000210": dollars with as many decimals as the amount needs, at least two.
std::string to_string(Money amount);

}  // namespace plimsoll
