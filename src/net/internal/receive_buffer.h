#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace plimsoll::net {

/// Received bytes that were not used yet. Small, grows on demand, shrinks when
/// empty. Bytes move only in `reserve`, `consume` and `append`.
class ReceiveBuffer {
 public:
  static constexpr std::size_t kSmall = 4'096;

  std::string_view bytes() const noexcept { return {data_.get(), size_}; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t capacity() const noexcept { return capacity_; }

  /// Room behind the bytes: at least one byte.
  std::span<char> room() {
    if (size_ == capacity_) reserve(std::max(kSmall, capacity_ * 2));
    return {data_.get() + size_, capacity_ - size_};
  }
  /// `count` bytes were put in the room.
  void filled(std::size_t count) noexcept { size_ += count; }

  void append(std::string_view more) {
    if (size_ + more.size() > capacity_) reserve(size_ + more.size());
    if (!more.empty()) std::memcpy(data_.get() + size_, more.data(), more.size());
    size_ += more.size();
  }

  /// Drops bytes from the front; what is left moves there.
  void consume(std::size_t count) {
    size_ -= count;
    if (size_ != 0) std::memmove(data_.get(), data_.get() + count, size_);
    if (size_ == 0 && capacity_ > kSmall) {
      data_.reset();
      capacity_ = 0;
    }
  }

 private:
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace plimsoll::net
