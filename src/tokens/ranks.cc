#include "tokens/ranks.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace plimsoll::tokens {
namespace {

static_assert(std::endian::native == std::endian::little, "the packed files are little-endian");

constexpr std::uint32_t kMagic = 0x4B4E5231;
constexpr unsigned kRankBits = 18;
constexpr std::uint32_t kRankMask = (1U << kRankBits) - 1;
constexpr std::uint32_t kTagMask = (1U << (32 - kRankBits)) - 1;
constexpr unsigned kBlockBits = 8;  // ranks in a block, as a power of two

template <class Word>
std::uint64_t load(const char* from) noexcept {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The `size` (0..7) bytes at `from` as a little-endian number, without a loop:
/// two reads that may overlap, where they hold the same bits.
std::uint64_t short_word(const char* from, std::size_t size) noexcept {
  if (size >= 4)
    return load<std::uint32_t>(from) | load<std::uint32_t>(from + size - 4) << (8 * (size - 4));
  if (size == 0) return 0;
  return load<std::uint8_t>(from) | load<std::uint8_t>(from + size / 2) << (8 * (size / 2)) |
         load<std::uint8_t>(from + size - 1) << (8 * (size - 1));
}

std::uint64_t mix(std::uint64_t mixed, std::uint64_t word) noexcept {
  mixed = (mixed ^ word) * 0xD6E8FEB86659FD93U;
  return mixed ^ mixed >> 32;
}

/// The same as hash_of in tools/tokens/pack_ranks.py.
std::uint64_t hash_of(std::string_view bytes) noexcept {
  std::uint64_t mixed = bytes.size() * 0x9E3779B97F4A7C15U;
  const char* from = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, from += 8) mixed = mix(mixed, load<std::uint64_t>(from));
  if (left > 0) mixed = mix(mixed, short_word(from, left));
  mixed *= 0xA0761D6478BD642FU;
  return mixed ^ mixed >> 29;
}

/// `a == b` without a call for the short ones that nearly all tokens are.
bool same(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if (a.size() >= 8)
    return load<std::uint64_t>(a.data()) == load<std::uint64_t>(b.data()) &&
           std::memcmp(a.data() + 8, b.data() + 8, a.size() - 8) == 0;
  return short_word(a.data(), a.size()) == short_word(b.data(), b.size());
}

}  // namespace

Ranks::Ranks(std::span<const std::byte> packed) noexcept {
  const auto* head = reinterpret_cast<const std::uint32_t*>(packed.data());
  if (packed.size() < 16 || head[0] != kMagic) std::abort();
  tokens_ = head[1];
  slot_count_ = head[2];
  const std::size_t blocks = (tokens_ >> kBlockBits) + 1;
  blocks_ = head + 4;
  slots_ = blocks_ + blocks;
  rests_ = reinterpret_cast<const std::uint16_t*>(slots_ + slot_count_);
  text_ = reinterpret_cast<const char*>(rests_ + tokens_ + 1);
  const std::size_t bytes = 16 + 4 * (blocks + slot_count_) + 2 * (tokens_ + 1) + head[3];
  if (packed.size() != bytes) std::abort();
}

std::string_view Ranks::token(Rank rank) const noexcept {
  const std::size_t begin = blocks_[rank >> kBlockBits] + rests_[rank];
  const std::size_t end = blocks_[(rank + 1) >> kBlockBits] + rests_[rank + 1];
  return {text_ + begin, end - begin};
}

std::string_view Ranks::bytes_of(Rank rank) const noexcept {
  return rank < tokens_ ? token(rank) : std::string_view();
}

Rank Ranks::find(std::string_view bytes) const noexcept {
  const std::uint64_t mixed = hash_of(bytes);
  const auto tag = static_cast<std::uint32_t>(mixed) & kTagMask;
  std::size_t at = ((mixed >> 32) * slot_count_) >> 32;
  for (;;) {
    const std::uint32_t slot = slots_[at];
    if (slot == 0) return kNoRank;
    if (slot >> kRankBits == tag) {
      const Rank rank = (slot & kRankMask) - 1;
      if (same(token(rank), bytes)) return rank;
    }
    if (++at == slot_count_) at = 0;
  }
}

}  // namespace plimsoll::tokens
