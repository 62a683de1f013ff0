// token = [ "-" ] digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ]
#include "checks/schema/decimal.h"

#include <algorithm>

namespace plimsoll::checks::schema {
namespace {

constexpr std::int64_t kExponentMax = 1'000'000'000'000'000;

std::int64_t exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char c : text) exponent = std::min(exponent * 10 + (c - '0'), kExponentMax);
  return negative ? -exponent : exponent;
}

using Wide = unsigned __int128;

std::uint64_t times(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  return static_cast<std::uint64_t>(Wide{a} * b % modulus);
}

std::uint64_t power_of_ten(std::int64_t exponent, std::uint64_t modulus) {
  std::uint64_t result = 1 % modulus;
  std::uint64_t square = 10 % modulus;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = times(result, square, modulus);
    square = times(square, square, modulus);
  }
  return result;
}

}  // namespace

Decimal::Decimal(std::string_view token) {
  negative_ = token.starts_with('-');
  if (negative_) token.remove_prefix(1);
  if (const auto e = token.find_first_of("eE"); e != std::string_view::npos) {
    exponent_ = exponent_of(token.substr(e + 1));
    token = token.substr(0, e);
  }
  const auto point = token.find('.');
  digits_ = token.substr(0, point);
  if (point != std::string_view::npos) {
    digits_ += token.substr(point + 1);
    exponent_ -= static_cast<std::int64_t>(token.size() - point - 1);
  }
  const std::size_t last = digits_.find_last_not_of('0');
  if (last == std::string::npos) {
    negative_ = false;
    exponent_ = 0;
    digits_.clear();
    return;
  }
  exponent_ += static_cast<std::int64_t>(digits_.size() - last - 1);
  digits_.erase(last + 1);
  digits_.erase(0, digits_.find_first_not_of('0'));
}

std::strong_ordering Decimal::compare_size(const Decimal& other) const noexcept {
  const auto magnitude = [](const Decimal& d) {
    return d.exponent_ + static_cast<std::int64_t>(d.digits_.size());
  };
  if (is_zero() || other.is_zero()) return !is_zero() <=> !other.is_zero();
  if (const auto order = magnitude(*this) <=> magnitude(other); order != 0) return order;
  // Of equal magnitude: a shorter one is padded with noughts, so it is the smaller.
  const int order = digits_.compare(other.digits_);
  return order <=> 0;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const noexcept {
  if (negative_ != other.negative_) return other.negative_ <=> negative_;
  return negative_ ? other.compare_size(*this) : compare_size(other);
}

bool Decimal::operator==(const Decimal& other) const noexcept { return (*this <=> other) == 0; }

bool Decimal::is_multiple_of(const Decimal& divisor) const noexcept {
  if (is_zero()) return true;
  // The last digit is not nought, so no multiple of the divisor's power of ten.
  if (exponent_ < divisor.exponent_) return false;
  std::uint64_t modulus = 0;
  for (const char c : divisor.digits_) modulus = modulus * 10 + static_cast<unsigned>(c - '0');
  std::uint64_t rest = 0;
  for (const char c : digits_)
    rest = static_cast<std::uint64_t>((Wide{rest} * 10 + static_cast<unsigned>(c - '0')) % modulus);
  return times(rest, power_of_ten(exponent_ - divisor.exponent_, modulus), modulus) == 0;
}

}  // namespace plimsoll::checks::schema
