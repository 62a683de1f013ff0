#include "sim/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

namespace plimsoll::sim {
namespace {

struct Number {
  double value;
  std::string_view unit;
};

std::optional<Number> leading_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  return Number{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<double> plain_number(std::string_view text, double most) {
  const auto number = leading_number(text);
  if (!number || !number->unit.empty() || number->value > most) return std::nullopt;
  return number->value;
}

std::optional<double> nanoseconds_per(const Number& number) {
  if (number.unit == "ns") return 1;
  if (number.unit == "us") return 1e3;
  if (number.unit == "ms") return 1e6;
  if (number.unit == "s") return 1e9;
  if (number.unit == "m") return 60e9;
  if (number.unit.empty() && number.value == 0) return 1;
  return std::nullopt;
}

std::optional<double> time_ns(std::string_view text) {
  const auto number = leading_number(text);
  if (!number) return std::nullopt;
  const auto scale = nanoseconds_per(*number);
  if (!scale || number->value * *scale > Spread::kTimeMaxNs) return std::nullopt;
  return number->value * *scale;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

Result<std::chrono::nanoseconds> parse_time(std::string_view text) {
  if (const auto ns = time_ns(text)) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(*ns)));
  }
  return fail(ErrorKind::config_invalid, fmt::format("\"{}\" is not a time", text),
              "write it as 300ms, 1.5s or 2m; at most one hour");
}

Result<Spread> Spread::parse(std::string_view text, Measure measure) {
  const auto bad = [&] {
    return fail(ErrorKind::config_invalid, fmt::format("\"{}\" is not a distribution", text),
                "write 300ms, uniform:A:B, lognormal:MEDIAN:SIGMA, bimodal:A:B:SHARE or "
                "spikes:A:B:SHARE");
  };
  const auto amount = [&](std::string_view part) {
    return measure == Measure::time ? time_ns(part) : plain_number(part, kCountMax);
  };
  const auto parts = parts_of(text);
  struct Form {
    std::string_view name;
    Kind kind;
    std::size_t parts;
  };
  static constexpr Form kForms[] = {{"uniform", Kind::uniform, 3},
                                    {"lognormal", Kind::lognormal, 3},
                                    {"bimodal", Kind::bimodal, 4},
                                    {"spikes", Kind::spikes, 4}};
  Spread spread;
  std::optional<double> first, second = 0, share = 0;
  if (parts.size() == 1) {
    first = amount(parts[0]);
  } else {
    const auto* form = std::ranges::find(kForms, parts[0], &Form::name);
    if (form == std::end(kForms) || form->parts != parts.size()) return bad();
    spread.kind_ = form->kind;
    first = amount(parts[1]);
    second = form->kind == Kind::lognormal ? plain_number(parts[2], 10) : amount(parts[2]);
    if (parts.size() == 4) share = plain_number(parts[3], 1);
  }
  if (!first || !second || !share) return bad();
  spread.first_ = *first, spread.second_ = *second, spread.share_ = *share;
  return spread;
}

double Spread::draw(Dice& dice) const {
  switch (kind_) {
    case Kind::constant: return first_;
    case Kind::uniform: return first_ + (second_ - first_) * dice.unit();
    case Kind::lognormal: return first_ * std::exp(second_ * dice.normal());
    case Kind::bimodal: {
      const double middle = dice.chance(share_) ? second_ : first_;
      return middle * std::exp(0.1 * dice.normal());
    }
    case Kind::spikes: return first_ + (dice.chance(share_) ? second_ * dice.exponential() : 0.0);
  }
  return first_;
}

std::chrono::nanoseconds Spread::draw_time(Dice& dice) const {
  const double ns = std::clamp(draw(dice), 0.0, kTimeMaxNs);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
}

std::size_t Spread::draw_count(Dice& dice) const {
  return static_cast<std::size_t>(std::llround(std::clamp(draw(dice), 0.0, kCountMax)));
}

}  // namespace plimsoll::sim
