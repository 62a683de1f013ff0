#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

/// SHA-256 (FIPS 180-4) of `bytes`.
using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::string_view bytes) noexcept;

/// 64 lower-case hex digits.
std::string to_hex(const Sha256& hash);

/// Looks at every byte whatever differs.
bool same_hash(const Sha256& a, const Sha256& b) noexcept;

}  // namespace plimsoll
