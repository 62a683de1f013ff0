#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll::cel {

/// Seconds to add to UTC at the instant `seconds` in a zone: "UTC", "+02:00",
/// "02:00", "-09:30", or a name of the system's tables ("Europe/Berlin"), which are
/// read once per process and zone (at most 64 zones). Empty when there is no such
/// zone. Thread-safe.
std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t seconds);

}  // namespace plimsoll::cel
