#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "dialects/codec.h"

namespace plimsoll::dialects {

/// The longest wait we believe; longer ones are cut to it.
inline constexpr std::chrono::milliseconds kRetryAfterMax = std::chrono::hours(1);

/// The wait that `retry-after` (seconds, with or without a fraction, or an HTTP
/// date, which counts from the answer's own `date`) or `retry-after-ms` names.
/// The longest if several do. Empty when none is there and makes sense: a
/// negative or unreadable value, or a date without a `date` to count from.
std::optional<std::chrono::milliseconds> retry_after_of(const HeaderList& headers);

/// The wait that `x-ratelimit-reset`, `x-ratelimit-reset-*`, `ratelimit-reset` or
/// `anthropic-ratelimit-*-reset` names, as "1m0.5s", seconds, or an instant (RFC
/// 3339, or seconds or milliseconds since 1970, counted from the answer's `date`):
/// of the limits that are used up if any says so, else of all; the longest.
std::optional<std::chrono::milliseconds> reset_wait_of(const HeaderList& headers);

/// "6s", "1m0.5s", "12ms", "1h", "0s", or plain seconds, at most kRetryAfterMax.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

}  // namespace plimsoll::dialects
