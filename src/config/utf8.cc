#include "config/utf8.h"

namespace plimsoll::config {
namespace {

unsigned byte(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool follows(std::string_view text, std::size_t at) noexcept {
  return (byte(text, at) & 0xC0) == 0x80;
}

/// Length of the sequence that begins at `at`; 0 when it is malformed.
std::size_t sequence(std::string_view text, std::size_t at) noexcept {
  const unsigned first = byte(text, at);
  const unsigned second = byte(text, at + 1);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(text, at + 1) ? 2 : 0;
  if ((first & 0xF0) == 0xE0) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    return follows(text, at + 1) && follows(text, at + 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
    return follows(text, at + 1) && follows(text, at + 2) && follows(text, at + 3) && !outside ? 4
                                                                                               : 0;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> first_bad_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace plimsoll::config
