#include "config/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace plimsoll::config {
namespace {

// decimal := digits [ "." digits ]

constexpr std::size_t kDecimalMax = 40;

struct Decimal {
  std::string_view whole, fraction;
  std::string_view rest;  // what follows: the unit
};

std::size_t digits(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  return n;
}

std::optional<Decimal> split(std::string_view text) noexcept {
  if (text.size() > kDecimalMax) return std::nullopt;
  Decimal out;
  out.whole = text.substr(0, digits(text));
  text.remove_prefix(out.whole.size());
  if (out.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    out.fraction = text.substr(1, digits(text.substr(1)));
    if (out.fraction.empty()) return std::nullopt;
    text.remove_prefix(1 + out.fraction.size());
  }
  out.rest = text;
  return out;
}

/// decimal * scale, exactly; empty when it is not an integer or does not fit.
std::optional<std::int64_t> scaled(const Decimal& number, std::int64_t scale) noexcept {
  using Wide = unsigned __int128;
  constexpr auto kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  Wide value = 0;
  for (const char c : number.whole) {
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > kMost) return std::nullopt;
  }
  value *= static_cast<Wide>(scale);
  auto unit = static_cast<Wide>(scale);
  for (const char c : number.fraction) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (unit % 10 != 0) {
      // What one digit of this place is worth is no integer any more.
      const Wide part = unit * digit;
      if (part % 10 != 0) return std::nullopt;
      value += part / 10;
      unit = 0;
      continue;
    }
    unit /= 10;
    value += unit * digit;
  }
  if (value > kMost) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

using Unit = std::pair<std::string_view, std::int64_t>;

std::optional<std::int64_t> parse_with(std::string_view text,
                                       std::span<const Unit> units) noexcept {
  const auto number = split(text);
  if (!number) return std::nullopt;
  for (const auto& [name, scale] : units)
    if (number->rest == name) return scaled(*number, scale);
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
  static constexpr std::array<Unit, 5> kUnits{
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  return parse_with(text, kUnits);
}

std::optional<std::int64_t> parse_money(std::string_view text) noexcept {
  static constexpr std::array<Unit, 1> kUnits{{{"", 1'000'000'000}}};
  if (text.starts_with('$')) text.remove_prefix(1);
  return parse_with(text, kUnits);
}

std::optional<std::int64_t> parse_size(std::string_view text) noexcept {
  static constexpr std::array<Unit, 7> kUnits{{{"", 1},
                                               {"B", 1},
                                               {"kB", 1'000},
                                               {"MB", 1'000'000},
                                               {"KiB", 1 << 10},
                                               {"MiB", 1 << 20},
                                               {"GiB", 1 << 30}}};
  return parse_with(text, kUnits);
}

std::optional<std::int64_t> parse_count(std::string_view text) noexcept {
  static constexpr std::array<Unit, 3> kUnits{{{"", 1}, {"k", 1'000}, {"M", 1'000'000}}};
  return parse_with(text, kUnits);
}

std::optional<Rate> parse_rate(std::string_view text) noexcept {
  using namespace std::chrono_literals;
  using Period = std::pair<std::string_view, std::chrono::nanoseconds>;
  static constexpr std::array<Period, 6> kPeriods{
      {{"s", 1s}, {"min", 1min}, {"m", 1min}, {"h", 1h}, {"day", 24h}, {"d", 24h}}};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto count = parse_count(text.substr(0, slash));
  if (!count || *count < 1 || slash == text.size()) return std::nullopt;
  for (const auto& [name, period] : kPeriods)
    if (name == text.substr(slash + 1) && *count <= period.count())
      return Rate{.count = *count, .period = period};
  return std::nullopt;
}

std::optional<double> parse_ratio(std::string_view text) noexcept {
  const auto number = split(text);
  if (!number || (!number->rest.empty() && number->rest != "%")) return std::nullopt;
  const std::string digits_only(text.substr(0, text.size() - number->rest.size()));
  const double value = std::strtod(digits_only.c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return number->rest.empty() ? value : value / 100;
}

std::optional<bool> parse_boolean(std::string_view text) noexcept {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string duration_text(std::chrono::milliseconds span) {
  const auto ms = span.count();
  if (ms > 0 && ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1'000 == 0) return fmt::format("{}s", ms / 1'000);
  return fmt::format("{}ms", ms);
}

}  // namespace plimsoll::config
