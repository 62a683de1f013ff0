#include "base/hash.h"

#include <xxhash.h>

namespace plimsoll {

std::string fingerprint(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  std::string out(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    const XXH64_hash_t half = i < 8 ? hash.high64 : hash.low64;
    const auto byte = static_cast<unsigned>(half >> (8 * (7 - i % 8))) & 0xFFU;
    out[2 * i] = kHex[byte >> 4U];
    out[2 * i + 1] = kHex[byte & 15U];
  }
  return out;
}

Hash128 hash_of(std::string_view bytes, std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {.high = hash.high64, .low = hash.low64};
}

}  // namespace plimsoll
