#include "store/embedded/latency.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plimsoll::store {
namespace {

constexpr double kTimeConstant = 10e9;  // ns
constexpr nanoseconds kFailureAtLeast = std::chrono::seconds{1};

}  // namespace

void Latency::add(nanoseconds took, Deadline now) noexcept { weigh_in(took, now); }

void Latency::add_failure(nanoseconds took, Deadline now) noexcept {
  weigh_in(std::max(took, kFailureAtLeast), now);
}

void Latency::weigh_in(nanoseconds took, Deadline now) noexcept {
  took = std::clamp(took, nanoseconds{1}, kMost);
  if (mean(now) == nanoseconds{0}) {
    mean_ = took;
  } else {
    // A burst within one tick still moves the mean: by a twentieth at least.
    constexpr double kOldWeightMax = 0.95;
    const double age = static_cast<double>((now - updated_).count());
    const double old = std::min(std::exp(-age / kTimeConstant), kOldWeightMax);
    const double mixed = (static_cast<double>(mean_.count()) * old) +
                         (static_cast<double>(took.count()) * (1 - old));
    mean_ = nanoseconds{std::max<std::int64_t>(std::llround(mixed), 1)};
  }
  updated_ = now;
}

void SlowEnd::add(nanoseconds took) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  micros_[added_++ % kSamples] =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(micros, 0, kMost));
}

std::optional<nanoseconds> SlowEnd::p95() const noexcept {
  const std::size_t known = std::min(added_, kSamples);
  if (known < kSamplesMin) return std::nullopt;
  std::array<std::uint32_t, kSamples> sorted = micros_;
  const std::size_t rank = (known * 95 + 99) / 100;  // 1-based, nearest rank
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sorted.begin(), at, sorted.begin() + static_cast<std::ptrdiff_t>(known));
  return std::chrono::microseconds{*at};
}

}  // namespace plimsoll::store
