#pragma once

#include <cstdint>

#include "base/time.h"
#include "model/budget.h"

namespace plimsoll::store {

/// Where an instant falls among the buckets of a budget. A calendar's period is
/// one bucket; a rolling one is made of sixty and counts the one that begins, so
/// that no stretch of its length ever holds more than the cap.
struct BudgetWindow {
  std::int64_t bucket = 0;  // of the instant
  std::int64_t oldest = 0;  // the first bucket that still counts
  WallTime next{};          // when the next bucket begins: the soonest that money comes back
};
BudgetWindow window_of(const BudgetRule& rule, WallTime now) noexcept;

/// The earliest instant whose spending can still count at `now`.
WallTime counts_from(const BudgetRule& rule, WallTime now) noexcept;

}  // namespace plimsoll::store
