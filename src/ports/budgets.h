#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"
#include "model/budget.h"
#include "model/hold.h"
#include "model/trail.h"

namespace plimsoll::ports {

/// One balance that an attempt must fit under: that of `holder` by `rule`.
struct BudgetAsk {
  const BudgetRule* rule = nullptr;
  std::string holder;  // a feature, key, tenant or upstream model; "" of a global one
};

/// An attempt that wants money.
struct MoneyAsk {
  std::span<const BudgetAsk> asks;  // at least one
  Money amount;                     // the worst case
  const Trail& trail;               // of the call, with its feature, key and tenant
  std::size_t attempt = 0;          // index into trail.attempts, with provider and model
  WallTime now{};
};

/// Money that was set aside on all balances of an ask.
struct MoneyGrant {
  std::unique_ptr<Hold> hold;
  /// Goes into AttemptTrail::lease: what a killed process leaves behind is known
  /// by it until the ledger has the row. -1: nothing is left behind.
  std::int64_t lease = -1;
};

/// Why an ask got nothing.
struct MoneyRefusal {
  Error error;
  const BudgetRule* by = nullptr;  // of the ask; null: not for want of money
};
using MoneyAnswer = std::expected<MoneyGrant, MoneyRefusal>;

/// Budgets: what each holder may spend in a period. Reserved and spent together
/// never pass a cap. Outlives a plan.
///
/// Thread-safe; never waits. A hold belongs to the period in which it was taken,
/// also when it is settled in the next. Must outlive every hold it gave.
class Budgets {
 public:
  virtual ~Budgets() = default;

  /// Sets the amount aside on every balance, or on none.
  ///
  /// Errors
  ///   budget_exhausted   a balance cannot cover it, with the time at which it
  ///                      could, if that is known
  ///   storage_failed     more balances or attempts at once than are kept
  [[nodiscard]] virtual MoneyAnswer reserve(const MoneyAsk& ask) = 0;
};

/// Money without end: for measurements that no budget bounds.
class NoBudgets final : public Budgets {
 public:
  MoneyAnswer reserve(const MoneyAsk&) override { return MoneyGrant{}; }
};

}  // namespace plimsoll::ports
