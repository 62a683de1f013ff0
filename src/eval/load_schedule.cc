#include "eval/load_schedule.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace plimsoll::eval {
namespace {

using Plan = std::vector<std::chrono::nanoseconds>;

std::unexpected<Error> refuse(std::string what, std::string hint) {
  return fail(ErrorKind::config_invalid, std::move(what), std::move(hint));
}

std::optional<double> rate_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

std::chrono::nanoseconds at_seconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

/// splitmix64, as an exponential with mean 1.
double exponential(std::uint64_t& state) {
  std::uint64_t x = state += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return -std::log(1.0 - static_cast<double>(x >> 11) * 0x1.0p-53);
}

/// The time at which a linearly growing rate has brought `count` arrivals.
double ramp_time(const Arrivals& ramp, double seconds, double count) {
  const double slope = (ramp.ramp_to - ramp.ramp_from) / seconds;
  if (std::abs(slope) < 1e-12) return count / ramp.ramp_from;
  const double root = ramp.ramp_from * ramp.ramp_from + 2 * slope * count;
  if (root < 0) return seconds;
  return (std::sqrt(root) - ramp.ramp_from) / slope;
}

double mean_rate(const Arrivals& arrivals) {
  return arrivals.kind == Arrivals::Kind::ramp ? (arrivals.ramp_from + arrivals.ramp_to) / 2
                                               : arrivals.rate;
}

}  // namespace

Result<Arrivals> parse_arrivals(std::string_view text, double rate) {
  Arrivals arrivals;
  arrivals.rate = rate;
  if (!(rate > 0) || !std::isfinite(rate)) {
    return refuse(fmt::format("the rate {} is not above 0", rate), "write --rate 50");
  }
  if (text == "constant") return arrivals;
  arrivals.kind = Arrivals::Kind::poisson;
  if (text == "poisson") return arrivals;
  arrivals.kind = Arrivals::Kind::ramp;
  arrivals.ramp_to = rate;
  if (text == "ramp") return arrivals;
  const std::size_t colon = text.find(':', 5);
  if (text.starts_with("ramp:") && colon != std::string_view::npos) {
    const auto from = rate_of(text.substr(5, colon - 5));
    const auto to = rate_of(text.substr(colon + 1));
    if (from && to && *from + *to > 0) {
      arrivals.ramp_from = *from, arrivals.ramp_to = *to;
      return arrivals;
    }
  }
  return refuse(fmt::format("\"{}\" is not a kind of arrivals", text),
                "write constant, poisson, ramp or ramp:FROM:TO with rates per second");
}

Result<Plan> plan_arrivals(const Arrivals& arrivals) {
  const double seconds = std::chrono::duration<double>(arrivals.duration).count();
  if (mean_rate(arrivals) * seconds > static_cast<double>(Arrivals::kArrivalsMax)) {
    return refuse(fmt::format("more than {} requests are planned", Arrivals::kArrivalsMax),
                  "lower --rate or --duration");
  }
  Plan plan;
  std::uint64_t state = arrivals.seed;
  double at = arrivals.kind == Arrivals::Kind::poisson ? exponential(state) / arrivals.rate : 0;
  while (at < seconds && plan.size() < 2 * Arrivals::kArrivalsMax) {
    plan.push_back(at_seconds(at));
    const auto count = static_cast<double>(plan.size());
    if (arrivals.kind == Arrivals::Kind::constant) at = count / arrivals.rate;
    if (arrivals.kind == Arrivals::Kind::poisson) at += exponential(state) / arrivals.rate;
    if (arrivals.kind == Arrivals::Kind::ramp) at = ramp_time(arrivals, seconds, count);
  }
  if (plan.empty()) return refuse("no request is planned", "raise --rate or --duration");
  return plan;
}

}  // namespace plimsoll::eval
