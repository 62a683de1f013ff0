#include "objectives/histogram.h"

#include <algorithm>
#include <bit>

#include "objectives/percentile.h"

namespace plimsoll::objectives {
namespace {

// Values below 1024 have a bucket each; above, each power of two has 512.
constexpr int kExactBits = 10;
constexpr std::uint64_t kHalf = std::uint64_t{1} << (kExactBits - 1);

std::size_t bucket_of(std::uint64_t value) noexcept {
  const int width = static_cast<int>(std::bit_width(value));
  if (width <= kExactBits) return value;
  const int shift = width - kExactBits;
  return static_cast<std::size_t>(shift) * kHalf + (value >> shift);
}

std::int64_t middle_of(std::size_t bucket) noexcept {
  if (bucket < 2 * kHalf) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kHalf - 1;
  const std::uint64_t first = (bucket - shift * kHalf) << shift;
  return static_cast<std::int64_t>(first + ((std::uint64_t{1} << shift) - 1) / 2);
}

}  // namespace

void Histogram::add(std::int64_t value, std::uint64_t times) {
  if (times == 0) return;
  value = std::max<std::int64_t>(0, value);
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(value));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += times;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  count_ += times;
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

double Histogram::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t Histogram::percentile(double quantile) const noexcept {
  if (count_ == 0) return 0;
  if (quantile <= 0) return min_;
  if (quantile >= 1) return max_;
  const auto rank =
      static_cast<std::uint64_t>(nearest_rank(static_cast<std::int64_t>(count_), quantile));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::clamp(middle_of(i), min_, max_);
  }
  return max_;
}

std::uint64_t Histogram::count_above(std::int64_t limit) const noexcept {
  const std::size_t first = limit < 0 ? 0 : bucket_of(static_cast<std::uint64_t>(limit)) + 1;
  std::uint64_t above = 0;
  for (std::size_t i = first; i < buckets_.size(); ++i) above += buckets_[i];
  return above;
}

}  // namespace plimsoll::objectives
