#include <array>

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

std::size_t plain_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
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
