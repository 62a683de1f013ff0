#include "telemetry/exposition.h"

#include <fmt/core.h>

#include <array>
#include <cmath>

#include "telemetry/label_names.h"

namespace plimsoll::telemetry {
namespace {

struct Bound {
  std::string_view seconds;
  std::chrono::nanoseconds bound;
};

using std::chrono::microseconds;

/// Bounds of buckets of DurationHistogram, so the counts are exact.
constexpr std::array kBounds{
    Bound{"0.001", microseconds{1'000}},     Bound{"0.0025", microseconds{2'500}},
    Bound{"0.005", microseconds{5'000}},     Bound{"0.01", microseconds{10'000}},
    Bound{"0.025", microseconds{25'000}},    Bound{"0.05", microseconds{50'000}},
    Bound{"0.1", microseconds{100'000}},     Bound{"0.25", microseconds{250'000}},
    Bound{"0.5", microseconds{500'000}},     Bound{"1", microseconds{1'000'000}},
    Bound{"2.5", microseconds{2'500'000}},   Bound{"5", microseconds{5'000'000}},
    Bound{"10", microseconds{10'000'000}},   Bound{"30", microseconds{30'000'000}},
    Bound{"60", microseconds{60'000'000}},   Bound{"150", microseconds{150'000'000}},
    Bound{"300", microseconds{300'000'000}}, Bound{"600", microseconds{600'000'000}},
};

std::string escape_help(std::string_view help) {
  std::string out;
  for (const char c : help) {
    if (c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape_help(help), name, type);
}

void Exposition::sample(const Labels& labels, std::uint64_t value) {
  line("", labels, "", fmt::format("{}", value));
}

void Exposition::sample(const Labels& labels, double value) { line("", labels, "", number(value)); }

void Exposition::histogram(const Labels& labels, const DurationCounts& counts) {
  for (const Bound& bound : kBounds)
    line("_bucket", labels, bound.seconds, fmt::format("{}", counts.at_most(bound.bound)));
  line("_bucket", labels, "+Inf", fmt::format("{}", counts.count));
  line("_sum", labels, "", number(static_cast<double>(counts.sum_ns) / 1e9));
  line("_count", labels, "", fmt::format("{}", counts.count));
}

void Exposition::line(std::string_view suffix, const Labels& labels, std::string_view le,
                      std::string_view value) {
  text_.append(family_).append(suffix);
  char before = '{';
  for (const auto& [name, of] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", before, name, escape_label(of));
    before = ',';
  }
  if (!le.empty()) text_ += fmt::format("{}le=\"{}\"", std::exchange(before, ','), le);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace plimsoll::telemetry
