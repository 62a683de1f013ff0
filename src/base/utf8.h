#pragma once

#include <cstddef>
#include <string_view>

namespace plimsoll {

/// Bytes of the well-formed UTF-8 sequence that stands at `at` (1..4), or 0 when
/// none stands there (RFC 3629: no surrogates, nothing over-long, nothing above
/// U+10FFFF). `at` must be below `text.size()`.
std::size_t utf8_length_at(std::string_view text, std::size_t at) noexcept;

}  // namespace plimsoll
