#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plimsoll::sim {

/// A stream of random numbers (splitmix64). The same start gives the same
/// numbers on every machine, thread and run.
class Dice {
 public:
  explicit Dice(std::uint64_t start) noexcept : state_(start) {}

  std::uint64_t next() noexcept;
  double unit() noexcept;                         // in [0, 1)
  std::size_t below(std::size_t count) noexcept;  // in [0, count); 0 when count is 0
  bool chance(double share) noexcept { return unit() < share; }
  double normal() noexcept;       // mean 0, deviation 1
  double exponential() noexcept;  // mean 1

 private:
  std::uint64_t state_;
};

/// Where every decision of the simulator comes from. The rule: what happens to
/// a request depends on the seed, the model, the prompt (the text of the last
/// user message) and how often this model was asked this prompt before (`nth`,
/// from 0), and on nothing else: not on time, thread, connection, order of other
/// requests. Each question ("which error", "which words") has a stream of its
/// own, so a changed error rate leaves the answers as they were.
class Occasion {
 public:
  Occasion(std::uint64_t seed, std::string_view model, std::string_view prompt,
           std::uint64_t nth) noexcept;

  /// The numbers for one question; `index` tells the choices of one answer apart.
  Dice dice(std::string_view question, std::uint64_t index = 0) const noexcept;
  std::uint64_t key() const noexcept { return key_; }

 private:
  std::uint64_t key_;
};

/// 64 bits that differ for different texts; stable for ever (FNV-1a, mixed).
std::uint64_t fingerprint(std::string_view text, std::uint64_t start = 0) noexcept;

}  // namespace plimsoll::sim
