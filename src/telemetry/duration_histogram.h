#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace plimsoll::telemetry {

/// Counts of durations in 36 equal steps per power of ten, from 10 us to 1000 s,
/// so a value is known to 25 % at worst and round decimal bounds (0.025 s, 1 s,
/// 30 s) are bounds of buckets: cumulative counts up to them are exact. Shorter
/// and longer ones have a bucket each.
namespace duration_buckets {

inline constexpr std::int64_t kShortest = 10'000;  // ns
inline constexpr std::size_t kDecades = 8, kSteps = 36;
inline constexpr std::size_t kCount = 2 + kDecades * kSteps;

/// The bucket of a duration; each is open below and closed above.
std::size_t index_of(std::chrono::nanoseconds duration) noexcept;

/// The longest duration of a bucket; the last one has none: max().
std::chrono::nanoseconds upper_bound(std::size_t bucket) noexcept;

}  // namespace duration_buckets

/// A sum of histograms, at rest.
struct DurationCounts {
  std::array<std::uint64_t, duration_buckets::kCount> buckets{};
  std::uint64_t count = 0;
  std::int64_t sum_ns = 0;

  /// How many were at most `bound`; exact when `bound` is a bucket's.
  std::uint64_t at_most(std::chrono::nanoseconds bound) const noexcept;
  /// The upper bound of the bucket that holds the share `q` of all; 0 when empty.
  std::chrono::nanoseconds quantile(double q) const noexcept;
};

/// The live histogram. Thread-safe, without locks.
class DurationHistogram {
 public:
  void add(std::chrono::nanoseconds duration) noexcept;
  void add_to(DurationCounts& sum) const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, duration_buckets::kCount> buckets_{};
  std::atomic<std::int64_t> sum_ns_{0};
};

}  // namespace plimsoll::telemetry
