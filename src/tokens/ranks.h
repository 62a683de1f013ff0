#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll::tokens {

/// The id of a token, which is also the turn at which it is merged.
using Rank = std::uint32_t;
inline constexpr Rank kNoRank = ~Rank{0};

/// A vocabulary, searched where it stands in the program: nothing is built or
/// copied. Layout: tools/tokens/pack_ranks.py. Immutable; any thread.
class Ranks {
 public:
  /// `packed` must live for ever. Aborts when it is not a packed vocabulary.
  explicit Ranks(std::span<const std::byte> packed) noexcept;

  std::size_t size() const noexcept { return tokens_; }

  /// The rank of exactly these bytes, or kNoRank.
  Rank find(std::string_view bytes) const noexcept;

  /// The bytes of a token; empty when there is no such rank.
  std::string_view bytes_of(Rank rank) const noexcept;

 private:
  std::string_view token(Rank rank) const noexcept;

  std::size_t tokens_ = 0, slot_count_ = 0;
  const std::uint32_t* blocks_ = nullptr;
  const std::uint32_t* slots_ = nullptr;
  const std::uint16_t* rests_ = nullptr;
  const char* text_ = nullptr;
};

}  // namespace plimsoll::tokens
