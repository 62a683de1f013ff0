#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace plimsoll {

/// How often something may happen: `count` in each `period`, coming back evenly.
struct Rate {
  std::int64_t count = 0;             // at least 1
  std::chrono::nanoseconds period{};  // above 0, at most a day
  bool operator==(const Rate&) const = default;
};

/// What one key, feature, tenant or address may do. Absent: no limit.
struct LimitRules {
  std::optional<Rate> requests, tokens;
  std::optional<std::int64_t> concurrent;  // at least 1
  bool any() const noexcept { return requests || tokens || concurrent; }
  bool operator==(const LimitRules&) const = default;
};

/// Whose calls are counted together.
enum class LimitScope : std::uint8_t { key, feature, tenant, address };
inline constexpr std::size_t kLimitScopes = 4;

/// The limits of the whole file or of one feature.
struct LimitSet {
  std::array<LimitRules, kLimitScopes> of;  // by LimitScope
  /// What of each rate may come at once, as the time in which it comes back; at
  /// least one request. 0: the rate's whole period.
  std::chrono::milliseconds burst{0};

  LimitRules& operator[](LimitScope scope) { return of[static_cast<std::size_t>(scope)]; }
  const LimitRules& operator[](LimitScope scope) const {
    return of[static_cast<std::size_t>(scope)];
  }
  bool any() const noexcept {
    for (const LimitRules& rules : of)
      if (rules.any()) return true;
    return false;
  }
};

/// What is left of one limit, as its client may see it.
struct LimitLevel {
  std::int64_t limit = 0;            // the rate's count
  std::int64_t remaining = 0;        // at this moment
  std::chrono::nanoseconds reset{};  // until all of it is there again
};

/// Of the tightest limits that a call was counted on.
struct LimitLevels {
  std::optional<LimitLevel> requests, tokens;
};

}  // namespace plimsoll
