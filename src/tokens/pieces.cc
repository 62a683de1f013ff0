// The patterns, from tiktoken's tiktoken_ext/openai_public.py (MIT). The first
// alternative that matches wins, however short its match is.
//
// o200k_base, with U = Lu Lt Lm Lo M, W = Ll Lm Lo M, C = (?i:'s|'t|'re|'ve|'m|'ll|'d):
//   [^\r\n\p{L}\p{N}]? U* W+ C?      a word that ends small
//   [^\r\n\p{L}\p{N}]? U+ W* C?      a word of capitals
//   \p{N}{1,3}
//   ` `?[^\s\p{L}\p{N}]+[\r\n/]*     symbols
//   \s*[\r\n]+ | \s+(?!\S) | \s+     white space
//
// cl100k_base:
//   '(?i:[sdmt]|ll|ve|re) | [^\r\n\p{L}\p{N}]?+ \p{L}++ | \p{N}{1,3}+
//   ` `?[^\s\p{L}\p{N}]++[\r\n]*+
//   \s++$ | \s*[\r\n] | \s+(?!\S) | \s
#include "tokens/pieces.h"

#include "tokens/unicode_class.h"

namespace plimsoll::tokens {
namespace {

constexpr int kNotSymbol = kSpace | kLetter | kNumber;
constexpr int kNotPrefix = kNewline | kLetter | kNumber;

/// The end of the run of characters of `set` that begins at `at`.
std::size_t run_end(std::string_view text, std::size_t at, int set) noexcept {
  for (;;) {
    const Char c = char_at(text, at);
    if (!c.is(set)) return at;
    at += c.bytes;
  }
}

char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// The end of 's, 't, 're, 've, 'm, 'll or 'd at `at` in any case, or `at`. The
/// long s folds to s; nothing else beyond ASCII folds to one of these letters.
std::size_t contraction_end(std::string_view text, std::size_t at) noexcept {
  constexpr std::string_view kLongS = "\u017F";
  if (at >= text.size() || text[at] != '\'') return at;
  const std::string_view rest = text.substr(at + 1);
  if (rest.starts_with(kLongS)) return at + 1 + kLongS.size();
  if (rest.empty()) return at;
  const char first = small(rest[0]);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if (rest.size() < 2) return at;
  const char second = small(rest[1]);
  const bool two =
      (second == 'e' && (first == 'r' || first == 'v')) || (second == 'l' && first == 'l');
  return two ? at + 3 : at;
}

/// The end of up to three numbers.
std::size_t number_end(std::string_view text, std::size_t at) noexcept {
  for (int count = 0; count < 3; ++count) {
    const Char c = char_at(text, at);
    if (!c.is(kNumber)) break;
    at += c.bytes;
  }
  return at;
}

/// The end of symbols after an optional space, and of the newlines (and slashes)
/// that follow them; `at` when there is no symbol.
std::size_t symbols_end(std::string_view text, std::size_t at, std::string_view tail) noexcept {
  std::size_t end = text[at] == ' ' ? at + 1 : at;
  const std::size_t begin = end;
  for (;;) {
    const Char c = char_at(text, end);
    if (c.bytes == 0 || c.is(kNotSymbol)) break;
    end += c.bytes;
  }
  if (end == begin) return at;
  while (end < text.size() && tail.find(text[end]) != std::string_view::npos) ++end;
  return end;
}

/// White space: its run, the end of its last newline and the begin of its last
/// character.
struct Blank {
  std::size_t end = 0, newline_end = 0, last = 0;
};

Blank blank_at(std::string_view text, std::size_t at) noexcept {
  Blank blank{.end = at, .newline_end = 0, .last = at};
  for (;;) {
    const Char c = char_at(text, blank.end);
    if (!c.is(kSpace)) return blank;
    blank.last = blank.end;
    blank.end += c.bytes;
    if (c.is(kNewline)) blank.newline_end = blank.end;
  }
}

/// White space before more text leaves its last character to the next piece,
/// unless it is all there is.
std::size_t blank_end(const Blank& blank, std::size_t at) noexcept {
  return blank.last > at ? blank.last : blank.end;
}

/// The end of a word of o200k_base whose letters begin at `at`, or `at`.
std::size_t o200k_letters_end(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at, last_of_both = std::string_view::npos;
  Char c = char_at(text, end);
  for (; c.is(kUpperish); c = char_at(text, end)) {
    if (c.is(kLowerish)) last_of_both = end;
    end += c.bytes;
  }
  if (c.is(kLowerish)) return run_end(text, end, kLowerish);
  // No small letter follows: the last one that may count as small ends the word.
  if (last_of_both != std::string_view::npos)
    return last_of_both + char_at(text, last_of_both).bytes;
  return end;
}

/// Whether the letters at `at` reach one that may count as small.
bool ends_small(std::string_view text, std::size_t at) noexcept {
  for (Char c = char_at(text, at); c.is(kUpperish | kLowerish); c = char_at(text, at)) {
    if (c.is(kLowerish)) return true;
    at += c.bytes;
  }
  return false;
}

std::size_t o200k_word_end(std::string_view text, std::size_t at) noexcept {
  const Char first = char_at(text, at);
  std::size_t begin = first.is(kNotPrefix) ? at : at + first.bytes;
  // A mark in front of capitals may be a prefix or the small letter itself; as a
  // prefix it needs one more.
  if (first.is(kUpperish) && begin != at && !ends_small(text, begin)) begin = at;
  const std::size_t end = o200k_letters_end(text, begin);
  return end == begin ? at : contraction_end(text, end);
}

std::size_t cl100k_word_end(std::string_view text, std::size_t at) noexcept {
  const Char first = char_at(text, at);
  const std::size_t begin = first.is(kNotPrefix) ? at : at + first.bytes;
  const std::size_t end = run_end(text, begin, kLetter);
  return end == begin ? at : end;
}

}  // namespace

std::size_t o200k_piece_end(std::string_view text, std::size_t at) noexcept {
  if (const std::size_t end = o200k_word_end(text, at); end > at) return end;
  if (const std::size_t end = number_end(text, at); end > at) return end;
  if (const std::size_t end = symbols_end(text, at, "\r\n/"); end > at) return end;
  const Blank blank = blank_at(text, at);
  if (blank.newline_end > at) return blank.newline_end;
  return blank.end == text.size() ? blank.end : blank_end(blank, at);
}

std::size_t cl100k_piece_end(std::string_view text, std::size_t at) noexcept {
  if (const std::size_t end = contraction_end(text, at); end > at) return end;
  if (const std::size_t end = cl100k_word_end(text, at); end > at) return end;
  if (const std::size_t end = number_end(text, at); end > at) return end;
  if (const std::size_t end = symbols_end(text, at, "\r\n"); end > at) return end;
  const Blank blank = blank_at(text, at);
  if (blank.end == text.size()) return blank.end;
  return blank.newline_end > at ? blank.newline_end : blank_end(blank, at);
}

bool run_reaches_end(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t kCutCharacter = 3;  // its first bytes look like a symbol
  return run_end(text, at, kSpace) + kCutCharacter >= text.size() ||
         run_end(text, at, kUpperish | kLowerish) + kCutCharacter >= text.size();
}

}  // namespace plimsoll::tokens
