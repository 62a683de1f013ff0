#include "cel/arena.h"

#include <cstring>

namespace plimsoll::cel {

void* Arena::allocate(std::size_t bytes) {
  const std::size_t size = (bytes + 15) & ~std::size_t{15};
  if (size <= kInline - used_) {
    void* const place = first_.data() + used_;
    used_ += size;
    return place;
  }
  if (size > kBlock / 4) {
    blocks_.insert(blocks_.begin(), std::make_unique<std::byte[]>(size));
    return blocks_.front().get();
  }
  if (blocks_.empty() || size > kBlock - block_used_) {
    blocks_.push_back(std::make_unique<std::byte[]>(kBlock));
    block_used_ = 0;
  }
  void* const place = blocks_.back().get() + block_used_;
  block_used_ += size;
  return place;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* const place = array<char>(text.size());
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

void Arena::reset() noexcept {
  used_ = 0;
  block_used_ = kBlock;
  blocks_.clear();
}

}  // namespace plimsoll::cel
