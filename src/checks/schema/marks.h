#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plimsoll::checks::schema {

/// Which members or items of one value have been looked at by a schema that they
/// fit. The first 64 cost no memory.
class Marks {
 public:
  void add(std::size_t index) {
    if (index < 64) {
      first_ |= std::uint64_t{1} << index;
      return;
    }
    const std::size_t word = index / 64 - 1;
    if (rest_.size() <= word) rest_.resize(word + 1);
    rest_[word] |= std::uint64_t{1} << (index % 64);
  }
  void add_all() noexcept { all_ = true; }
  void add(const Marks& other) {
    all_ = all_ || other.all_;
    first_ |= other.first_;
    if (rest_.size() < other.rest_.size()) rest_.resize(other.rest_.size());
    for (std::size_t i = 0; i < other.rest_.size(); ++i) rest_[i] |= other.rest_[i];
  }
  bool has(std::size_t index) const noexcept {
    if (all_) return true;
    if (index < 64) return ((first_ >> index) & 1U) != 0;
    const std::size_t word = index / 64 - 1;
    return word < rest_.size() && ((rest_[word] >> (index % 64)) & 1U) != 0;
  }
  /// Of the first `count`.
  bool has_first(std::size_t count) const noexcept {
    if (count <= 64) {
      const std::uint64_t wanted =
          count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      return all_ || (first_ & wanted) == wanted;
    }
    for (std::size_t i = 0; i < count; ++i)
      if (!has(i)) return false;
    return true;
  }

 private:
  bool all_ = false;
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> rest_;
};

}  // namespace plimsoll::checks::schema
