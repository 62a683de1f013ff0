#include "cel/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cel/literals.h"

namespace plimsoll::cel {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool begins_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) noexcept { return begins_name(c) || is_digit(c); }

std::unexpected<Fault> fault(std::size_t offset, std::size_t length, std::string what,
                             std::string fix) {
  return std::unexpected(
      Fault{.offset = offset, .length = length, .what = std::move(what), .fix = std::move(fix)});
}

}  // namespace

bool is_reserved(std::string_view word) noexcept {
  static constexpr std::array<std::string_view, 21> kWords = {
      "as",       "break",   "const",  "continue", "else", "false", "for",
      "function", "if",      "import", "in",       "let",  "loop",  "namespace",
      "null",     "package", "return", "true",     "var",  "void",  "while"};
  return std::ranges::find(kWords, word) != kWords.end();
}

void Lexer::skip_space() noexcept {
  while (place_ < source_.size()) {
    const char c = source_[place_];
    if (c == '/' && at(place_ + 1) == '/') {
      while (place_ < source_.size() && source_[place_] != '\n') ++place_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++place_;
    } else {
      return;
    }
  }
}

Token Lexer::take(TokenKind kind, std::size_t length) noexcept {
  Token token;
  token.kind = kind;
  token.offset = place_;
  token.length = length;
  token.source = source_.substr(place_, length);
  place_ += length;
  return token;
}

Lexer::Cut Lexer::next() {
  skip_space();
  if (place_ >= source_.size()) return take(TokenKind::end, 0);
  const char c = source_[place_];
  if (is_digit(c) || (c == '.' && is_digit(at(place_ + 1)))) return number();
  if (c == '"' || c == '\'') return quoted(0, false, false);
  if (c == '`') return quoted_identifier();
  if (!begins_name(c)) return punctuation();
  std::size_t end = place_;
  while (continues_name(at(end))) ++end;
  const std::string_view word = source_.substr(place_, end - place_);
  if (word.size() <= 2 && (at(end) == '"' || at(end) == '\'')) {
    const auto has = [word](char low, char high) {
      return word.find(low) != std::string_view::npos || word.find(high) != std::string_view::npos;
    };
    const bool raw = has('r', 'R'), bytes = has('b', 'B');
    if (word.size() == std::size_t{raw} + std::size_t{bytes})
      return quoted(word.size(), raw, bytes);
  }
  return take(TokenKind::identifier, end - place_);
}

Lexer::Cut Lexer::number() {
  if (source_[place_] == '0' && (at(place_ + 1) == 'x' || at(place_ + 1) == 'X'))
    return hexadecimal();
  return decimal();
}

Lexer::Cut Lexer::hexadecimal() {
  std::size_t end = place_ + 2;
  while (is_hex(at(end))) ++end;
  if (end == place_ + 2)
    return fault(place_, 2, "a hexadecimal number without digits", "write digits after 0x");
  return whole(source_.substr(place_ + 2, end - place_ - 2), 16, end - place_);
}

Lexer::Cut Lexer::decimal() {
  std::size_t end = place_;
  while (is_digit(at(end))) ++end;
  bool real = false;
  if (at(end) == '.' && is_digit(at(end + 1))) {
    real = true;
    ++end;
    while (is_digit(at(end))) ++end;
  }
  if (at(end) == 'e' || at(end) == 'E') {
    std::size_t digits = end + 1;
    if (at(digits) == '+' || at(digits) == '-') ++digits;
    if (is_digit(at(digits))) {
      real = true;
      end = digits;
      while (is_digit(at(end))) ++end;
    }
  }
  if (!real) return whole(source_.substr(place_, end - place_), 10, end - place_);
  const std::string_view text = source_.substr(place_, end - place_);
  double value = 0;
  const bool read = read_real(text, value);
  if (!read || continues_name(at(end)))
    return fault(place_, text.size(), fmt::format("{:?} is no number", text),
                 "write it as 1.5 or 1.5e3");
  Token token = take(TokenKind::real, text.size());
  token.number = value;
  return token;
}

Lexer::Cut Lexer::whole(std::string_view digits, int base, std::size_t length) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool has_suffix = at(place_ + length) == 'u' || at(place_ + length) == 'U';
  const std::size_t size = length + (has_suffix ? 1 : 0);
  if (read.ec != std::errc() || (!has_suffix && value > (std::uint64_t{1} << 63U)))
    return fault(place_, size, "this number does not fit in 64 bits",
                 "write it as a double: add .0");
  if (continues_name(at(place_ + size)))
    return fault(place_, size + 1, "a number runs into a name",
                 "put a space or an operator between");
  Token token = take(has_suffix ? TokenKind::uinteger : TokenKind::integer, size);
  token.magnitude = value;
  return token;
}

Lexer::Cut Lexer::quoted(std::size_t prefix, bool raw, bool bytes) {
  const std::size_t open = place_ + prefix;
  const char mark = source_[open];
  const bool triple = at(open + 1) == mark && at(open + 2) == mark;
  const std::string_view close = source_.substr(open, triple ? 3 : 1);
  std::size_t end = open + close.size();
  // A backslash at the very end leads beyond it.
  while (end >= source_.size() || source_.substr(end, close.size()) != close) {
    if (end >= source_.size() || (!triple && (source_[end] == '\n' || source_[end] == '\r')))
      return fault(place_, prefix + close.size(), "this text has no end",
                   fmt::format("close it with {}", close));
    end += source_[end] == '\\' && !raw ? 2 : 1;
  }
  const std::size_t begin = open + close.size();
  Token token = take(bytes ? TokenKind::bytes : TokenKind::string, end + close.size() - place_);
  const std::string_view inside = source_.substr(begin, end - begin);
  if (raw) {
    token.text = inside;
    return token;
  }
  auto text = unescape(inside, bytes ? Unescape::bytes : Unescape::string);
  if (!text) return fault(begin + text.error().offset, 2, text.error().what, text.error().fix);
  token.text = std::move(*text);
  return token;
}

Lexer::Cut Lexer::quoted_identifier() {
  const std::size_t end = source_.find('`', place_ + 1);
  const auto fits = [](char c) {
    return continues_name(c) || c == '.' || c == '-' || c == '/' || c == ' ';
  };
  const std::string_view name =
      source_.substr(place_ + 1, end == std::string_view::npos ? end : end - place_ - 1);
  if (end == std::string_view::npos || name.empty() || !std::ranges::all_of(name, fits))
    return fault(place_, 1, "a quoted name may hold letters, digits, and . - / _ and space",
                 "for any other key write [\"the key\"]");
  Token token = take(TokenKind::quoted_identifier, name.size() + 2);
  token.source = name;
  return token;
}

Lexer::Cut Lexer::punctuation() {
  static constexpr std::array<std::string_view, 6> kPairs = {"&&", "||", "==", "!=", "<=", ">="};
  static constexpr std::string_view kSingles = "()[]{}.,:?!<>+-*/%";
  for (const std::string_view pair : kPairs)
    if (source_.substr(place_, 2) == pair) return take(TokenKind::punctuation, 2);
  const char c = source_[place_];
  if (kSingles.find(c) != std::string_view::npos) return take(TokenKind::punctuation, 1);
  std::string fix = "remove it, or put it into quotes";
  if (c == '=') fix = "compare with ==";
  if (c == '&') fix = "write && for and";
  if (c == '|') fix = "write || for or";
  return fault(place_, 1, "this character has no meaning here", std::move(fix));
}

}  // namespace plimsoll::cel
