#include "store/embedded/spending.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "store/embedded/budget_window.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

/// A lease as the row that the process could not write any more.
AttemptTrail attempt_of(const LeftLease& left) {
  AttemptTrail attempt;
  attempt.provider = left.provider;
  attempt.model = left.model;
  attempt.started = left.attempt_started;
  attempt.cost = left.amount;
  attempt.reserved = left.amount;
  attempt.usage_estimated = true;
  attempt.presumed = !left.settled;
  attempt.lease = left.lease;
  attempt.error = ErrorKind::cancelled;
  attempt.error_text = left.settled ? "the process ended before this was recorded"
                                    : "the process ended while this ran; its cost is presumed";
  return attempt;
}

std::shared_ptr<Trail> trail_of(const LeftLease& left) {
  auto trail = std::make_shared<Trail>();
  trail->call_id = left.call_id;
  trail->started_wall = left.call_started;
  trail->tenant = left.tenant;
  trail->key_id = left.key_id;
  trail->feature = left.feature;
  trail->model_asked = left.feature.empty() ? left.model : left.feature;
  trail->error = ErrorKind::cancelled;
  trail->error_text = "the process ended while this call ran";
  return trail;
}

std::string_view holder_of(const BudgetRule& rule, const Statement& row) {
  switch (rule.scope) {
    case BudgetScope::global: return "";
    case BudgetScope::feature: return row.text_at(0);
    case BudgetScope::key: return row.text_at(1).empty() ? "default" : row.text_at(1);
    case BudgetScope::tenant: return row.text_at(2);
    case BudgetScope::model: return row.text_at(3);
  }
  return "";
}

}  // namespace

Result<std::size_t> book_left(Ledger& ledger) {
  const std::vector<LeftLease>& left = ledger.leases().left();
  if (left.empty()) return 0;
  PLIMSOLL_TRY(Database database, Database::open(ledger.path(), Database::Access::read_only));
  PLIMSOLL_TRY(Statement known,
               Statement::prepare(database, "SELECT 1 FROM calls WHERE call_id = ?"));
  std::map<std::string, std::shared_ptr<Trail>> calls;
  std::vector<std::int64_t> recorded;
  std::size_t presumed = 0;
  for (const LeftLease& lease : left) {
    known.text(lease.call_id);
    PLIMSOLL_TRY(const bool is_known, known.step());
    if (is_known) {
      PLIMSOLL_TRY(const bool more, known.step());  // to the end: ready to be bound again
      (void)more;
      recorded.push_back(lease.lease);
      continue;
    }
    auto& trail = calls[lease.call_id];
    if (trail == nullptr) trail = trail_of(lease);
    trail->attempts.push_back(attempt_of(lease));
    presumed += lease.settled ? 0 : 1;
  }
  for (const auto& [id, trail] : calls) ledger.take(trail);
  if (auto written = ledger.flush(); !written) return std::unexpected(std::move(written).error());
  for (const std::int64_t lease : recorded) ledger.leases().release(lease);
  return presumed;
}

Result<void> read_spending(Ledger& ledger, std::span<const BudgetRule> rules, WallTime now,
                           EmbeddedBudgets& budgets) {
  if (auto written = ledger.flush(); !written) return written;
  for (const BudgetRule& rule : rules) budgets.forget_spent(rule);
  WallTime since = now;
  for (const BudgetRule& rule : rules) since = std::min(since, counts_from(rule, now));
  PLIMSOLL_TRY(Database database, Database::open(ledger.path(), Database::Access::read_only));
  // A call may have begun an hour before its last attempt.
  PLIMSOLL_TRY(Statement row,
               Statement::prepare(
                   database,
                   "SELECT feature, key_id, tenant, model, calls.started_ns + "
                   "max(coalesce(attempts.started_ns, 0), 0), attempts.cost_nanos FROM calls JOIN "
                   "attempts ON attempts.call = calls.id WHERE calls.started_ns >= ? AND "
                   "attempts.cost_nanos > 0"));
  row.integer((since - std::chrono::hours(1)).time_since_epoch().count());
  while (true) {
    PLIMSOLL_TRY(const bool more, row.step());
    if (!more) return {};
    const WallTime when{std::chrono::nanoseconds{row.integer_at(4)}};
    for (const BudgetRule& rule : rules) {
      const std::string_view holder = holder_of(rule, row);
      if (rule.only.empty() || rule.only == holder)
        budgets.book(rule, holder, Money{row.integer_at(5)}, when, now);
    }
  }
}

}  // namespace plimsoll::store
