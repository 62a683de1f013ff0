#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/headers.h"

namespace plimsoll::net {

/// `text` without blanks and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

/// True if the comma-separated `list` has `token`, whatever its case.
bool list_has(std::string_view list, std::string_view token) noexcept;

/// A Content-Length: 1 to 18 digits and nothing else.
std::optional<std::uint64_t> plain_length(std::string_view text) noexcept;

/// Takes the lines `name: value CRLF` apart, to the empty line or the end of
/// `lines`; false if one of them has no colon. Their form was judged before. Blanks
/// and tabs around a value are dropped; around one that decides framing, blanks only.
bool take_fields(std::string_view lines, Headers& into);

}  // namespace plimsoll::net
