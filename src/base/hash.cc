#include "base/hash.h"

#include <xxhash.h>

namespace plimsoll {

std::string to_hex(std::uint64_t high, std::uint64_t low) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    out[15 - i] = kDigits[(high >> (4 * i)) & 15U];
    out[31 - i] = kDigits[(low >> (4 * i)) & 15U];
  }
  return out;
}

Hash128 hash_of(std::string_view bytes, std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {.high = hash.high64, .low = hash.low64};
}

std::string fingerprint(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return to_hex(hash.high64, hash.low64);
}

}  // namespace plimsoll
