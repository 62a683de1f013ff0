#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/limits.h"

namespace plimsoll::config {

// Text of a scalar -> a number in the one unit that the plan uses. All pure;
// empty when the text does not have the form, or does not fit. A value with a
// remainder below the unit ("1.5ms") does not have the form.

/// "400ms", "1s", "1.5s", "5m", "2h", "1d" -> milliseconds.
std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;

/// "$0.01" or "0.01", at most nine decimals -> nano-dollars.
std::optional<std::int64_t> parse_money(std::string_view text) noexcept;

/// "60/min", "10/s", "100k/h", "1M/day"; at least 1, at most one a nanosecond.
std::optional<Rate> parse_rate(std::string_view text) noexcept;

/// "512", "64KiB", "32MiB", "1GiB", "10kB", "10MB" -> bytes.
std::optional<std::int64_t> parse_size(std::string_view text) noexcept;

/// "3000", "100k", "2M" -> a count.
std::optional<std::int64_t> parse_count(std::string_view text) noexcept;

/// "0.95", "1", "95%" -> 0.95, 1, 0.95. Never NaN or infinite.
std::optional<double> parse_ratio(std::string_view text) noexcept;

/// "true", "false" -> a boolean, as in YAML 1.2.
std::optional<bool> parse_boolean(std::string_view text) noexcept;

/// The shortest way to write it: "1m", "90s", "1500ms".
std::string duration_text(std::chrono::milliseconds span);

}  // namespace plimsoll::config
