// PNG:  89 "PNG" .. at 16 width and height, 32 bits, big-endian
// GIF:  "GIF8" .. at 6 width and height, 16 bits, little-endian
// WebP: "RIFF" .. at 8 "WEBP", then "VP8 " (lossy, at 26: 14 bits each), "VP8L"
//       (at 21: 14 bits each, minus one) or "VP8X" (at 24: 24 bits each, minus one)
// JPEG: FF D8, then segments FF type length(16) ..; in C0..CF but C4, C8 and CC
//       stand, after one byte, height and width, 16 bits, big-endian
#include "tokens/picture.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace plimsoll::tokens {
namespace {

constexpr std::size_t kTextBytesMax = 128 * 1024;
constexpr int kSideMax = 1 << 24;

int sextet(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

/// The bytes of `text` up to the first character that is not base64.
std::string decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  unsigned held = 0, bits = 0;
  for (const char c : text) {
    const int value = sextet(c);
    if (value < 0) break;
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(held >> bits & 0xFF));
  }
  return bytes;
}

/// Numbers in a file's first bytes; 0 past their end.
struct Head {
  std::string bytes;

  int at(std::size_t place) const noexcept {
    return place < bytes.size() ? static_cast<unsigned char>(bytes[place]) : 0;
  }
  int big16(std::size_t place) const noexcept { return at(place) << 8 | at(place + 1); }
  int big32(std::size_t place) const noexcept {
    return at(place) > 0 ? kSideMax : big16(place + 2) | at(place + 1) << 16;
  }
  int little16(std::size_t place) const noexcept { return at(place) | at(place + 1) << 8; }
  int little24(std::size_t place) const noexcept { return little16(place) | at(place + 2) << 16; }
  bool has(std::size_t place, std::string_view text) const noexcept {
    return bytes.size() >= place + text.size() && bytes.compare(place, text.size(), text) == 0;
  }
};

PictureSize webp_size(const Head& head) {
  if (head.has(12, "VP8X")) return {head.little24(24) + 1, head.little24(27) + 1};
  if (head.has(12, "VP8 ")) return {head.little16(26) & 0x3FFF, head.little16(28) & 0x3FFF};
  const int low = head.little16(21), high = head.little16(23);
  return {(low & 0x3FFF) + 1, (low >> 14 | (high & 0xFFF) << 2) + 1};
}

PictureSize jpeg_size(const Head& head) {
  for (std::size_t at = 2; head.at(at) == 0xFF;
       at += 2 + static_cast<std::size_t>(head.big16(at + 2))) {
    const int type = head.at(at + 1);
    const bool is_frame =
        type >= 0xC0 && type <= 0xCF && type != 0xC4 && type != 0xC8 && type != 0xCC;
    if (is_frame) return {.width = head.big16(at + 7), .height = head.big16(at + 5)};
  }
  return {};
}

PictureSize size_in(const Head& head) {
  if (head.has(0, "\x89PNG")) return {head.big32(16), head.big32(20)};
  if (head.has(0, "GIF8")) return {head.little16(6), head.little16(8)};
  if (head.has(0, "RIFF") && head.has(8, "WEBP")) return webp_size(head);
  if (head.at(0) == 0xFF && head.at(1) == 0xD8) return jpeg_size(head);
  return {};
}

}  // namespace

std::optional<PictureSize> picture_size(std::string_view base64) {
  if (base64.starts_with("data:")) {
    const std::size_t comma = base64.find(',');
    if (comma == std::string_view::npos) return {};
    base64.remove_prefix(comma + 1);
  }
  const PictureSize size = size_in({decoded(base64.substr(0, kTextBytesMax))});
  if (size.width <= 0 || size.height <= 0) return {};
  return PictureSize{std::min(size.width, kSideMax), std::min(size.height, kSideMax)};
}

}  // namespace plimsoll::tokens
