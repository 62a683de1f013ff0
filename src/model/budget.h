#pragma once

#include <cstdint>
#include <string>

#include "base/money.h"

namespace plimsoll {

enum class BudgetScope : std::uint8_t { global, feature, key, tenant, model };

/// A calendar's, UTC, or any stretch of that length.
enum class BudgetPeriod : std::uint8_t { minute, hour, day, month };

enum class OnExceeded : std::uint8_t {
  reject,   // the call is refused, with the time at which there is money again
  degrade,  // it goes on with the next rung of its ladder, and is refused after the last
  queue,    // it waits for money until its deadline
};

/// What may be spent by each holder within each period.
struct BudgetRule {
  std::string name;  // as the one-pager calls it; of what outlives a plan
  BudgetScope scope = BudgetScope::global;
  std::string only;  // the one feature, key, tenant or model it speaks of; "": each
  Money cap;
  BudgetPeriod period = BudgetPeriod::day;
  bool rolling = false;  // the last period at every moment, instead of the calendar's
  double warn_at = 0.8;  // share of the cap from which it warns; 1: never
  OnExceeded on_exceeded = OnExceeded::reject;
};

}  // namespace plimsoll
