#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace plimsoll::config {

/// The offset of the first byte that is not well-formed UTF-8 (RFC 3629), or of
/// a NUL byte; empty when there is none.
std::optional<std::size_t> first_bad_utf8(std::string_view text) noexcept;

}  // namespace plimsoll::config
