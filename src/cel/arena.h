#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace plimsoll::cel {

/// Memory for what an evaluation makes on its way: strings, lists, maps. The
/// first kilobytes come without asking the system. Everything dies together,
/// with the arena or at `reset`. One thread at a time; reuse one on a hot path.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `bytes` bytes, aligned for any Value. Never null.
  void* allocate(std::size_t bytes);
  /// Room for `count` objects of a type that needs no destructor.
  template <class T>
  T* array(std::size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  std::string_view copy(std::string_view text);

  /// Forgets everything. Views and values made from it are gone.
  void reset() noexcept;

 private:
  static constexpr std::size_t kInline = 4096;
  static constexpr std::size_t kBlock = 64 * 1024;

  alignas(16) std::array<std::byte, kInline> first_;  // not cleared: that would cost
  std::size_t used_ = 0;
  std::size_t block_used_ = kBlock;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace plimsoll::cel
