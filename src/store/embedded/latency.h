#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace plimsoll::store {

using std::chrono::nanoseconds;

/// How long one target takes to the first content of an answer. Not thread-safe.
class Latency {
 public:
  /// An attempt brought content after `took`.
  void add(nanoseconds took, Deadline now) noexcept;

  /// An attempt failed after `took`. It counts as slow, however fast it was: a
  /// target that refuses quickly must not look like the best one.
  void add_failure(nanoseconds took, Deadline now) noexcept;

  /// An exponentially weighted mean of samples of at most kMost: with few answers a
  /// sample loses half its weight in 7 s (time constant 10 s), with many within
  /// fourteen of them. Zero while nothing is known, or nothing of the last
  /// kForgottenAfter: who was slow then may be quick now, and is asked to find out.
  nanoseconds mean(Deadline now) const noexcept {
    return now - updated_ > kForgottenAfter ? nanoseconds{0} : mean_;
  }

  static constexpr nanoseconds kMost = std::chrono::seconds{60};
  static constexpr nanoseconds kForgottenAfter = std::chrono::seconds{30};

 private:
  void weigh_in(nanoseconds took, Deadline now) noexcept;

  nanoseconds mean_{0};
  Deadline updated_{};
};

/// The slow end of the last answers. Not thread-safe.
class SlowEnd {
 public:
  static constexpr std::size_t kSamples = 128;
  static constexpr std::size_t kSamplesMin = 20;  // one in twenty is above the p95

  void add(nanoseconds took) noexcept;

  /// The 95th percentile (nearest rank) of the last kSamples; absent while fewer
  /// than kSamplesMin are known.
  std::optional<nanoseconds> p95() const noexcept;

 private:
  std::array<std::uint32_t, kSamples> micros_{};
  std::size_t added_ = 0;
};

}  // namespace plimsoll::store
