#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "cel/fault.h"

namespace plimsoll::cel {

enum class TokenKind : std::uint8_t {
  end,
  identifier,
  quoted_identifier,  // `content-type`, in selections only
  integer,
  uinteger,
  real,
  string,
  bytes,
  punctuation,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string_view source;      // as written; of a quoted identifier without its quotes
  std::string text;             // string, bytes: what it means
  std::uint64_t magnitude = 0;  // integer, uinteger
  double number = 0;            // real
  bool is(std::string_view mark) const noexcept {
    return kind == TokenKind::punctuation && source == mark;
  }
};

/// Cuts an expression into tokens. `source` is UTF-8 and must outlive it.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  /// The next token; `end` for ever once the text is used up.
  std::expected<Token, Fault> next();

 private:
  using Cut = std::expected<Token, Fault>;
  void skip_space() noexcept;
  char at(std::size_t index) const noexcept {
    return index < source_.size() ? source_[index] : '\0';
  }
  Token take(TokenKind kind, std::size_t length) noexcept;
  Cut number();
  Cut hexadecimal();
  Cut decimal();
  Cut whole(std::string_view digits, int base, std::size_t length);
  Cut quoted(std::size_t prefix, bool raw, bool bytes);
  Cut quoted_identifier();
  Cut punctuation();

  std::string_view source_;
  std::size_t place_ = 0;
};

/// A word that no variable or function may have as its name.
bool is_reserved(std::string_view word) noexcept;

}  // namespace plimsoll::cel
