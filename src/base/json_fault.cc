// Grammar (RFC 8259):
//   value  = object | array | string | number | "true" | "false" | "null"
//   object = "{" [ string ":" value *( "," string ":" value ) ] "}"
//   array  = "[" [ value *( "," value ) ] "]"
// Read without recursion: `open_` holds the brackets that wait for their end.
#include "base/json_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace plimsoll::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class FaultFinder {
 public:
  explicit FaultFinder(std::string_view text) : text_(text) {}

  Fault find() {
    skip_space();
    if (at_ == text_.size()) return {at_, "the text is empty"};
    while (fault_.reason.empty()) {
      if (!value()) continue;
      if (!after_value()) break;
    }
    return fault_;
  }

 private:
  /// Reads a value or opens a container. True when a whole value was read.
  bool value() {
    skip_space();
    switch (peek()) {
      case '{': return open('{', '}') || (first_key(), false);
      case '[': return open('[', ']');
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  /// Enters a container; true when it was empty and is closed again.
  bool open(char opening, char closing) {
    if (open_.size() >= kDepthMax) return wrong("nested deeper than 1024");
    ++at_;
    skip_space();
    if (peek() == closing) {
      ++at_;
      return true;
    }
    open_.push_back(opening);
    return false;
  }

  void first_key() {
    if (fault_.reason.empty()) key();
  }

  void key() {
    skip_space();
    if (peek() != '"') {
      wrong("a key in double quotes must stand here");
      return;
    }
    if (!string()) return;
    skip_space();
    if (peek() != ':') {
      wrong("a ':' must follow the key");
      return;
    }
    ++at_;
  }

  /// Closes what ends here. False when the text is over, or wrong.
  bool after_value() {
    skip_space();
    while (!open_.empty() && peek() == (open_.back() == '{' ? '}' : ']')) {
      open_.pop_back();
      ++at_;
      skip_space();
    }
    if (open_.empty()) {
      return at_ == text_.size() ? false : wrong("nothing may follow the value");
    }
    const bool in_object = open_.back() == '{';
    if (peek() != ',')
      return wrong(in_object ? "a ',' or '}' must follow" : "a ',' or ']' must follow");
    ++at_;
    if (in_object) key();
    return true;
  }

  bool string() {
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20)
        return wrong("a control character in a string must be escaped");
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_length_at(text_, at_);
      if (length == 0) return wrong("the bytes are not UTF-8");
      at_ += length;
    }
    return wrong("the string has no end");
  }

  bool escape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c != 'u') {
      if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos || c == '\0')
        return wrong("this escape does not exist in JSON");
      at_ += 2;
      return true;
    }
    unsigned unit = 0;
    if (!hex4(at_ + 2, unit)) return wrong("\\u must be followed by four hex digits");
    if (unit >= 0xDC00 && unit < 0xE000) return wrong("half of a surrogate pair");
    if (unit < 0xD800 || unit >= 0xDC00) return at_ += 6, true;
    unsigned low = 0;
    const bool paired = text_.substr(std::min(at_ + 6, text_.size())).starts_with("\\u") &&
                        hex4(at_ + 8, low) && low >= 0xDC00 && low < 0xE000;
    if (!paired) return wrong("half of a surrogate pair");
    at_ += 12;
    return true;
  }

  bool hex4(std::size_t at, unsigned& unit) const {
    if (at + 4 > text_.size()) return false;
    unit = 0;
    for (const char c : text_.substr(at, 4)) {
      if (!is_hex(c)) return false;
      unit = unit * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return true;
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return wrong("no JSON value begins like this");
    at_ += expected.size();
    return true;
  }

  bool number() {
    if (at_ == text_.size()) return wrong("a value is missing");
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (!is_digit(peek())) {
      at_ = begin;
      return wrong("no JSON value begins like this");
    }
    if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))
      return wrong("a number must not begin with 0");
    digits();
    if (peek() == '.') {
      ++at_;
      if (!digits()) return wrong("a digit must follow the decimal point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return wrong("a digit must follow the exponent sign");
    }
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool wrong(std::string_view reason) {
    if (fault_.reason.empty()) fault_ = {at_, reason};
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string open_;
  Fault fault_;
};

}  // namespace

Fault find_fault(std::string_view text) { return FaultFinder(text).find(); }

std::string describe(const Fault& fault, std::string_view text) {
  const std::string_view before = text.substr(0, fault.at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = fault.at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {} (byte {}): {}", line, column, fault.at, fault.reason);
}

}  // namespace plimsoll::json
