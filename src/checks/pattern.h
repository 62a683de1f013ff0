#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace plimsoll::checks {

/// The most memory one compiled pattern may take, in bytes. A pattern that needs
/// more is refused when the file is read, not when an answer arrives.
inline constexpr std::size_t kPatternBytesMax = 8 * 1024 * 1024;

/// The same for a pattern that a client sent.
inline constexpr std::size_t kClientPatternBytesMax = 256 * 1024;

/// Says whether `pattern` is one that we can run in linear time (RE2's syntax).
/// Pure; thread-safe.
///
/// Errors
///   config_invalid   it does not compile; `what` carries RE2's reason
[[nodiscard]] Result<void> check_pattern(std::string_view pattern);

}  // namespace plimsoll::checks
