#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::sim {

inline constexpr std::size_t kFileBytesMax = 1024 * 1024 * 1024;

/// The whole file.
///
/// Errors
///   io_failed   it cannot be read, or is longer than kFileBytesMax
[[nodiscard]] Result<std::string> read_file(const std::string& path);

/// The lines of `text`, without their ends. Views into it.
std::vector<std::string_view> lines_of(std::string_view text);

/// Reads base64 (RFC 4648, with or without padding; white space is skipped).
///
/// Errors
///   config_invalid   another character
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

}  // namespace plimsoll::sim
