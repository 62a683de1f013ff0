#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "cel/fault.h"

namespace plimsoll::cel {

enum class Unescape : std::uint8_t { string, bytes };

/// What stands between the quotes of a literal, with its escapes resolved. A fault's
/// offset counts from the first byte of `inside`.
std::expected<std::string, Fault> unescape(std::string_view inside, Unescape mode);

/// Reads all of `text` as a double ("1.5", "-2e3", "Infinity", "NaN"). Too small
/// becomes 0; too large is refused.
bool read_real(std::string_view text, double& value);

/// Appends a code point as UTF-8; it must be one (no surrogate, at most U+10FFFF).
void append_utf8(std::string& out, std::uint32_t code_point);

/// Whether all of `text` is well-formed.
bool is_utf8(std::string_view text) noexcept;

}  // namespace plimsoll::cel
