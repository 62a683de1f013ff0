#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plimsoll::store {

/// How often a key was asked for lately, in four rows of small counters (a count-min
/// sketch): never too low but for the halving, which forgets old fame. Source:
/// Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy".
class FrequencySketch {
 public:
  /// `keys`: about how many are told apart. One byte a counter.
  explicit FrequencySketch(std::size_t keys) {
    std::size_t width = 64;
    while (width < keys) width *= 2;
    mask_ = width - 1;
    for (auto& row : rows_) row.assign(width, 0);
    sample_max_ = width * 10;
  }

  void add(std::uint64_t hash) noexcept {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      std::uint8_t& counter = rows_[i][place(hash, i)];
      if (counter < kMost) ++counter;
    }
    if (++sample_ >= sample_max_) halve();
  }

  int estimate(std::uint64_t hash) const noexcept {
    int least = kMost;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      least = std::min<int>(least, rows_[i][place(hash, i)]);
    return least;
  }

 private:
  static constexpr std::uint8_t kMost = 15;

  std::size_t place(std::uint64_t hash, std::size_t row) const noexcept {
    constexpr std::array<std::uint64_t, 4> kSeeds{0xc3a5c85c97cb3127, 0xb492b66fbe98f273,
                                                  0x9ae16a3b2f90404f, 0xcbf29ce484222325};
    const std::uint64_t mixed = (hash + kSeeds[row]) * kSeeds[row];
    return static_cast<std::size_t>(mixed ^ (mixed >> 32U)) & mask_;
  }

  void halve() noexcept {
    for (auto& row : rows_)
      for (std::uint8_t& counter : row) counter /= 2;
    sample_ /= 2;
  }

  std::size_t mask_ = 0, sample_ = 0, sample_max_ = 0;
  std::array<std::vector<std::uint8_t>, 4> rows_;
};

}  // namespace plimsoll::store
