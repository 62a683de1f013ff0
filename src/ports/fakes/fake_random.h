#pragma once

#include <atomic>
#include <cstdint>

#include "ports/random.h"

namespace plimsoll::ports {

/// The same numbers in every run: splitmix64 from a seed, or one fixed number.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}

  /// From now on every number is `value`.
  void always(std::uint64_t value) noexcept {
    value_ = value;
    fixed_ = true;
  }

  std::uint64_t next() noexcept override {
    if (fixed_) return value_;
    std::uint64_t z = state_.fetch_add(kStep) + kStep;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  std::atomic<std::uint64_t> state_;
  std::atomic<std::uint64_t> value_{0};
  std::atomic<bool> fixed_{false};
};

}  // namespace plimsoll::ports
