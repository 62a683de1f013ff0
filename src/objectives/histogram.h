#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plimsoll::objectives {

/// Counts of values in log-linear buckets, after HdrHistogram: every power of two
/// is cut into 512 buckets, so a quantile is off by at most 0.1 % of its value.
/// Values are non-negative integers of any unit (nanoseconds for us); minimum,
/// maximum, count and sum are exact. Memory grows with the largest value: about
/// 120 KB for 100 s in nanoseconds. Not thread-safe: one per thread, then merge.
class Histogram {
 public:
  /// Counts `value` (below 0: as 0) `times` times.
  void add(std::int64_t value, std::uint64_t times = 1);

  /// As if every value of `other` had been added here. Exact.
  void merge(const Histogram& other);

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const noexcept { return count_ == 0 ? 0 : max_; }
  double mean() const noexcept;

  /// The value at the nearest rank of `quantile` in [0, 1]: the middle of its
  /// bucket, within [min, max]; 0 when empty. 0 gives min, 1 gives max.
  std::int64_t percentile(double quantile) const noexcept;

  /// How many values are above `limit`, to the accuracy of a bucket: those in the
  /// bucket of `limit` count as not above. Gates count exact values instead.
  std::uint64_t count_above(std::int64_t limit) const noexcept;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace plimsoll::objectives
