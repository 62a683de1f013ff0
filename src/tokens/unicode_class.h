#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plimsoll::tokens {

/// What the tokenizers' patterns ask of a code point, as a set of flags. Made by
/// tools/tokens/pack_classes.py.
enum CharClass : std::uint8_t {
  kUpperish = 1,  // Lu Lt Lm Lo M: may open a word of o200k_base
  kLowerish = 2,  // Ll Lm Lo M: may close one
  kLetter = 4,    // L
  kNumber = 8,    // N
  kSpace = 16,    // White_Space, newlines included
  kNewline = 32,  // CR and LF
};

/// A code point as it stands in a text: its flags, and its bytes (1..4). An
/// invalid byte is a character of its own, without a flag.
struct Char {
  std::uint8_t flags = 0;
  std::uint8_t bytes = 0;

  bool is(int set) const noexcept { return (flags & set) != 0; }
};

/// What `char_at` does beyond ASCII; `at` must be below `text.size()`.
Char wide_char_at(std::string_view text, std::size_t at) noexcept;

inline constexpr std::array<std::uint8_t, 128> kAsciiFlags = [] {
  std::array<std::uint8_t, 128> flags{};
  for (std::size_t c = '0'; c <= '9'; ++c) flags[c] = kNumber;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) flags[c] = kLetter | kUpperish;
  for (std::size_t c = 'a'; c <= 'z'; ++c) flags[c] = kLetter | kLowerish;
  for (const char c : std::string_view(" \t\v\f")) flags[static_cast<unsigned char>(c)] = kSpace;
  flags['\r'] = flags['\n'] = kSpace | kNewline;
  return flags;
}();

/// The character at `at`; past the end of `text` one of no bytes and no flags.
inline Char char_at(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return {};
  const auto first = static_cast<unsigned char>(text.data()[at]);
  if (first < 0x80) return {.flags = kAsciiFlags[first], .bytes = 1};
  return wide_char_at(text, at);
}

}  // namespace plimsoll::tokens
