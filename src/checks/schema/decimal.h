#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll::checks::schema {

/// A JSON number as it was written, exactly: no digit is lost and no power of ten
/// is out of reach. Its value is digits * 10^exponent. Exponents beyond 10^15 are
/// taken as 10^15.
class Decimal {
 public:
  /// `token` must be a JSON number.
  explicit Decimal(std::string_view token);

  bool is_zero() const noexcept { return digits_.empty(); }
  bool is_integer() const noexcept { return is_zero() || exponent_ >= 0; }
  std::strong_ordering operator<=>(const Decimal& other) const noexcept;
  bool operator==(const Decimal& other) const noexcept;

  /// Significant digits that multiples_of can take as a divisor.
  static constexpr std::size_t kDivisorDigitsMax = 18;
  std::size_t digits() const noexcept { return digits_.size(); }
  /// Whether this is a whole multiple of `divisor`, which is not zero and has at
  /// most kDivisorDigitsMax digits.
  bool is_multiple_of(const Decimal& divisor) const noexcept;

 private:
  std::strong_ordering compare_size(const Decimal& other) const noexcept;

  bool negative_ = false;
  std::string digits_;  // no zero at either end; empty for nought
  std::int64_t exponent_ = 0;
};

}  // namespace plimsoll::checks::schema
