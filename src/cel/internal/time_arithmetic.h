#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace plimsoll::cel {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z

/// `from` later (or earlier) by nanoseconds; an error outside the years 1 to 9999.
Value moved(Instant from, std::int64_t nanos) noexcept;
/// The duration from `begin` to `end`; an error when it does not fit (292 years).
Value between(Instant end, Instant begin) noexcept;

/// A date and a time of day, as a calendar on the wall shows it.
struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1;  // from 1
  int hour = 0, minute = 0, second = 0;
  int week_day = 4;  // 0: Sunday
  int year_day = 0;  // from 0
};
Civil civil_of(std::int64_t seconds) noexcept;

/// RFC 3339. Empty when `text` is no such instant or out of range.
std::optional<Instant> read_instant(std::string_view text) noexcept;
std::string instant_text(Instant instant);

/// "1h30m", "-1.5s", "100ms": decimal numbers with h, m, s, ms, us, ns. Empty when it
/// is not one or does not fit.
std::optional<std::int64_t> read_duration(std::string_view text) noexcept;
/// Seconds, with the fraction it has: "1.5s".
std::string duration_text(std::int64_t nanos);

}  // namespace plimsoll::cel
