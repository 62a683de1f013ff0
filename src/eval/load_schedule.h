#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::eval {

/// When requests are to be sent. Open loop: planned before the first one is sent
/// and never moved by how fast answers come.
struct Arrivals {
  enum class Kind : std::uint8_t { constant, poisson, ramp };
  static constexpr std::size_t kArrivalsMax = 10'000'000;

  Kind kind = Kind::constant;
  double rate = 10;                   // per second; of a ramp, unused
  double ramp_from = 0, ramp_to = 0;  // per second, at the start and at the end
  std::chrono::nanoseconds duration{std::chrono::seconds(10)};
  std::uint64_t seed = 7;  // of poisson
};

/// Reads "constant", "poisson", "ramp" (from 0 to `rate`) or "ramp:FROM:TO".
///
/// Errors
///   config_invalid   another word, or a rate that is not above 0
[[nodiscard]] Result<Arrivals> parse_arrivals(std::string_view text, double rate);

/// The offsets from the start, in order, each below `duration`. Pure: the same
/// arrivals give the same plan.
///
/// Errors
///   config_invalid   no arrival at all, or more than kArrivalsMax
[[nodiscard]] Result<std::vector<std::chrono::nanoseconds>> plan_arrivals(const Arrivals& arrivals);

}  // namespace plimsoll::eval
