#include "net/headers.h"

#include <cstring>

namespace plimsoll::net {
namespace {

/// Eight bytes at once, A to Z made small; bytes above 0x7f stay.
constexpr std::uint64_t lower(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  const std::uint64_t low = word & ~kTops;
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');       // top bit: at least 'A'
  const std::uint64_t above_z = low + kOnes * (0x80 - 'Z' - 1);  // top bit: above 'Z'
  return word | ((from_a & ~above_z & ~word & kTops) >> 2U);
}
static_assert(lower(0x5A41405B61C17A30) == 0x7A61405B61C17A30);

std::uint64_t word_at(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// `size` bytes, fewer than eight.
std::uint64_t short_word_at(const char* bytes, std::size_t size) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) word = word << 8U | static_cast<unsigned char>(bytes[i]);
  return word;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size < sizeof(std::uint64_t)) {
    return lower(short_word_at(a.data(), size)) == lower(short_word_at(b.data(), size));
  }
  const auto differ = [&](std::size_t at) {
    return lower(word_at(a.data() + at)) != lower(word_at(b.data() + at));
  };
  const std::size_t last = size - sizeof(std::uint64_t);  // overlaps the word before it
  for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) {
    if (differ(at)) return false;
  }
  return !differ(last);
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  if ((sizes_ & size_bit(name)) == 0) return std::nullopt;
  for (const HeaderView& field : fields_) {
    if (field.name.size() == name.size() && same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace plimsoll::net
