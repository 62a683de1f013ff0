#include <array>
#include <cstdint>
#include <cstring>

#include "base/json.h"
#include "base/utf8.h"

namespace plimsoll::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// True for the bytes that go out as they are without a look at their neighbours.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

/// Eight bytes, each with its top bit set if it is not plain. Source: the
/// "haszero" and "hasless" tricks of Bit Twiddling Hacks.
constexpr std::uint64_t not_plain(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  const auto equal = [](std::uint64_t word, unsigned char byte) {
    const std::uint64_t zero = word ^ (kOnes * byte);
    return (zero - kOnes) & ~zero;
  };
  const std::uint64_t control = (bytes - kOnes * 0x20) & ~bytes;
  return (control | equal(bytes, '"') | equal(bytes, '\\') | bytes) & kTops;
}

std::size_t plain_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
  std::uint64_t word = 0;
  for (; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (not_plain(word) != 0) break;
  }
  if (const std::size_t rest = text.size() - at; rest < sizeof word && at != from) {
    // The last few bytes, with those before them, which are plain.
    std::memcpy(&word, text.data() + text.size() - sizeof word, sizeof word);
    if (not_plain(word) == 0) return text.size() - from;
  }
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at - from;
}

void append_control(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = plain_run(text, at);
    out += text.substr(at, run);
    at += run;
    if (at == text.size()) break;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      append_control(out, c);
      ++at;
    } else if (const std::size_t length = utf8_length_at(text, at); length > 0) {
      out += text.substr(at, length);
      at += length;
    } else {
      out += kReplacement;
      ++at;
    }
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_string(out, text);
  return out;
}

}  // namespace plimsoll::json
