#include "base/utf8.h"

namespace plimsoll {
namespace {

bool continues(std::string_view text, std::size_t at, unsigned low, unsigned high) noexcept {
  if (at >= text.size()) return false;
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte >= low && byte <= high;
}

}  // namespace

std::size_t utf8_length_at(std::string_view text, std::size_t at) noexcept {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  // The second byte alone tells over-long forms, surrogates and the upper end.
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (!continues(text, at + 1, low, high)) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (!continues(text, at + i, 0x80, 0xBF)) return 0;
  return length;
}

}  // namespace plimsoll
