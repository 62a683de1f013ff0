#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokens/ranks.h"

namespace plimsoll::tokens {

/// The byte-pair encodings whose vocabulary is public and built in.
enum class Encoding : std::uint8_t { o200k_base, cl100k_base };

/// How far a count has come in a text.
struct Counted {
  std::size_t tokens = 0;
  std::size_t bytes = 0;  // of the text; a next step begins here
  bool exact = true;      // false: a piece was longer than kWholePieceBytes
};

/// In `count_some` a longer piece is cut, so that no step takes long.
inline constexpr std::size_t kWholePieceBytes = 4096;

/// Text to tokens and back. Special tokens are text like any other: the same as
/// tiktoken's `encode_ordinary`. Immutable; any thread.
class Encoder {
 public:
  /// Lives for ever. Costs nothing the first time either.
  static const Encoder& of(Encoding encoding) noexcept;

  /// O(n log n) for the worst text, about linear for usual ones. Any bytes: what
  /// is not UTF-8 counts as symbols.
  std::vector<Rank> encode(std::string_view text) const;
  std::size_t count(std::string_view text) const;

  /// Goes on from `so_far` until at least `bytes_at_most` bytes were read (and at
  /// most a piece of kWholePieceBytes more), or the text ends. Calls one after
  /// the other give what `count` gives, unless a piece is longer than
  /// kWholePieceBytes: it is counted in parts of that size, and `exact` is false.
  Counted count_some(std::string_view text, Counted so_far, std::size_t bytes_at_most) const;

  /// The bytes of the tokens; one that does not exist has none.
  std::string decode(std::span<const Rank> tokens) const;

  std::size_t vocabulary() const noexcept { return ranks_.size(); }

 private:
  using PieceEnd = std::size_t (*)(std::string_view, std::size_t) noexcept;
  Encoder(std::span<const std::byte> packed, PieceEnd piece_end) noexcept
      : ranks_(packed), piece_end_(piece_end) {}
  std::size_t count_piece(std::string_view piece) const;

  Ranks ranks_;
  PieceEnd piece_end_;
};

}  // namespace plimsoll::tokens
