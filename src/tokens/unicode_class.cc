#include "tokens/unicode_class.h"

#include <array>

#include "base/utf8.h"
#include "tokens/packed.h"

namespace plimsoll::tokens {
namespace {

constexpr std::size_t kPageBytes = 256;
constexpr std::size_t kPages = 0x110000 / kPageBytes;

/// The code point of a well-formed sequence of `bytes` (2..4).
std::size_t point_of(const char* from, std::size_t bytes) noexcept {
  constexpr std::array<unsigned, 5> kFirstBits{0, 0x7F, 0x1F, 0x0F, 0x07};
  std::size_t point = static_cast<unsigned char>(from[0]) & kFirstBits[bytes];
  for (std::size_t i = 1; i < bytes; ++i)
    point = point << 6 | (static_cast<unsigned char>(from[i]) & 0x3FU);
  return point;
}

}  // namespace

Char wide_char_at(std::string_view text, std::size_t at) noexcept {
  const std::size_t bytes = utf8_length_at(text, at);
  if (bytes == 0) return {.flags = 0, .bytes = 1};
  const std::size_t point = point_of(text.data() + at, bytes);
  const std::byte* table = packed_classes().data();
  const auto page = static_cast<std::size_t>(table[point / kPageBytes]);
  const auto flags = table[kPages + page * kPageBytes + point % kPageBytes];
  return {.flags = static_cast<std::uint8_t>(flags), .bytes = static_cast<std::uint8_t>(bytes)};
}

}  // namespace plimsoll::tokens
