#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "sim/dice.h"

namespace plimsoll::sim {

/// A distribution of times or of counts, as flags and files write it:
///
///   300ms                    always that
///   uniform:100ms:300ms      evenly between
///   lognormal:300ms:0.5      median and sigma of the logarithm
///   bimodal:100ms:2s:0.1     near the first, for a share of 0.1 near the second
///   spikes:50ms:3s:0.02      the first; for a share, an exponential with mean 3s on top
///
/// Times take ns, us, ms, s, m or a bare 0; counts are plain numbers.
class Spread {
 public:
  enum class Measure : unsigned char { time, count };
  static constexpr double kTimeMaxNs = 3600e9;
  static constexpr double kCountMax = 100'000;

  Spread() = default;

  /// Errors
  ///   config_invalid   not one of the forms above, or a number out of bounds
  [[nodiscard]] static Result<Spread> parse(std::string_view text, Measure measure);

  /// At least 0, at most one hour.
  std::chrono::nanoseconds draw_time(Dice& dice) const;
  /// At least 0, at most kCountMax.
  std::size_t draw_count(Dice& dice) const;
  bool always_zero() const noexcept { return kind_ == Kind::constant && first_ <= 0; }

 private:
  enum class Kind : unsigned char { constant, uniform, lognormal, bimodal, spikes };
  double draw(Dice& dice) const;

  Kind kind_ = Kind::constant;
  double first_ = 0, second_ = 0, share_ = 0;
};

/// Reads "1.5s", "300ms", "20us", "5ns", "2m" or "0".
///
/// Errors
///   config_invalid   no number, an unknown unit, negative, or over one hour
[[nodiscard]] Result<std::chrono::nanoseconds> parse_time(std::string_view text);

}  // namespace plimsoll::sim
