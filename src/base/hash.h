#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

/// 32 hex digits of XXH3-128. For telling things apart in records; not a
/// security boundary.
std::string fingerprint(std::string_view bytes);

/// XXH3-128 of `bytes`: two texts of one hash are not met by chance, and who does
/// not know `seed` cannot make them.
struct Hash128 {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 hash_of(std::string_view bytes, std::uint64_t seed) noexcept;

/// 32 lower-case hex digits.
std::string to_hex(std::uint64_t high, std::uint64_t low);

}  // namespace plimsoll
