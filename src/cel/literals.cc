#include "cel/literals.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/utf8.h"

namespace plimsoll::cel {
namespace {

/// How many digits an escape has, and in which base.
struct Shape {
  std::size_t skip = 0;  // characters between the backslash and the digits
  std::size_t digits = 0;
  int base = 16;
};

Shape shape_of(char c) noexcept {
  if (c == 'x' || c == 'X') return {.skip = 1, .digits = 2};
  if (c == 'u') return {.skip = 1, .digits = 4};
  if (c == 'U') return {.skip = 1, .digits = 8};
  if (c >= '0' && c <= '3') return {.skip = 0, .digits = 3, .base = 8};
  return {};
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`': return c;
    default: return '\0';
  }
}

std::unexpected<Fault> unknown(std::size_t offset, std::string what) {
  return std::unexpected(Fault{.offset = offset,
                               .length = 2,
                               .what = std::move(what),
                               .fix = "write \\\\ for a backslash, or use a raw text: r\"...\""});
}

bool is_code_point(std::uint32_t value) noexcept {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&out, code](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length_at(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::expected<std::string, Fault> unescape(std::string_view inside, Unescape mode) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t at = 0; at < inside.size();) {
    if (inside[at] != '\\') {
      out += inside[at++];
      continue;
    }
    if (at + 1 >= inside.size()) return unknown(at, "a backslash stands alone");
    const char c = inside[at + 1];
    if (const char plain = simple_escape(c); plain != '\0') {
      out += plain;
      at += 2;
      continue;
    }
    const Shape shape = shape_of(c);
    if (shape.digits == 0) return unknown(at, "an escape that CEL does not know");
    const bool byte_wise = shape.digits < 4;
    if (mode == Unescape::bytes && !byte_wise) return unknown(at, "bytes have no \\u escapes");
    const std::string_view digits = inside.substr(at + 1 + shape.skip, shape.digits);
    std::uint32_t value = 0;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value, shape.base);
    if (digits.size() < shape.digits || read.ptr != end || !is_code_point(value))
      return unknown(at, "an escape whose digits mean no character");
    if (mode == Unescape::bytes)
      out += static_cast<char>(value);
    else
      append_utf8(out, value);
    at += 1 + shape.skip + shape.digits;
  }
  return out;
}

bool read_real(std::string_view text, double& value) {
  if (text == "NaN")
    value = std::numeric_limits<double>::quiet_NaN();
  else if (text == "Infinity" || text == "+Infinity")
    value = std::numeric_limits<double>::infinity();
  else if (text == "-Infinity")
    value = -std::numeric_limits<double>::infinity();
  else {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ptr != text.data() + text.size() || text.empty()) return false;
    if (read.ec == std::errc::result_out_of_range) {
      // Too small or too large; only the exponent's sign tells which.
      value = 0;
      return text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
    }
    return read.ec == std::errc() && std::isfinite(value);
  }
  return true;
}

}  // namespace plimsoll::cel
