#include "telemetry/duration_histogram.h"

#include <cmath>

namespace plimsoll::telemetry {
namespace duration_buckets {

std::size_t index_of(std::chrono::nanoseconds duration) noexcept {
  const std::int64_t ns = duration.count();
  if (ns <= kShortest) return 0;
  std::int64_t decade = kShortest;
  for (std::size_t i = 0; i < kDecades; ++i, decade *= 10) {
    if (ns > decade * 10) continue;
    // Buckets are closed above, hence the -1.
    return 1 + i * kSteps + static_cast<std::size_t>((ns - 1 - decade) / (decade / 4));
  }
  return kCount - 1;
}

std::chrono::nanoseconds upper_bound(std::size_t bucket) noexcept {
  if (bucket == 0) return std::chrono::nanoseconds{kShortest};
  if (bucket >= kCount - 1) return std::chrono::nanoseconds::max();
  std::int64_t decade = kShortest;
  for (std::size_t i = (bucket - 1) / kSteps; i > 0; --i) decade *= 10;
  const auto step = static_cast<std::int64_t>((bucket - 1) % kSteps);
  return std::chrono::nanoseconds{decade + (step + 1) * (decade / 4)};
}

}  // namespace duration_buckets

std::uint64_t DurationCounts::at_most(std::chrono::nanoseconds bound) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size() && duration_buckets::upper_bound(i) <= bound; ++i)
    sum += buckets[i];
  return sum;
}

std::chrono::nanoseconds DurationCounts::quantile(double q) const noexcept {
  if (count == 0) return {};
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    sum += buckets[i];
    if (sum >= rank && sum > 0) return duration_buckets::upper_bound(i);
  }
  return duration_buckets::upper_bound(buckets.size() - 1);
}

void DurationHistogram::add(std::chrono::nanoseconds duration) noexcept {
  buckets_[duration_buckets::index_of(duration)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(duration.count(), std::memory_order_relaxed);
}

void DurationHistogram::add_to(DurationCounts& sum) const noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const std::uint64_t here = buckets_[i].load(std::memory_order_relaxed);
    sum.buckets[i] += here;
    sum.count += here;  // from the buckets, so that both always agree
  }
  sum.sum_ns += sum_ns_.load(std::memory_order_relaxed);
}

}  // namespace plimsoll::telemetry
