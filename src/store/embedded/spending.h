#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "store/embedded/budgets.h"
#include "store/embedded/ledger.h"

namespace plimsoll::store {

/// Writes the attempts that a process left in the ledger's lease book when it died
/// into the ledger, at what they cost or, marked `presumed`, at the most that they
/// may have cost. What the ledger knows already is only released. Returns how many
/// were presumed. Waits for the disk: before serving, never on a loop.
///
/// Errors
///   storage_failed   the ledger cannot be read or written; nothing was released
[[nodiscard]] Result<std::size_t> book_left(Ledger& ledger);

/// Reads anew what the ledger says was spent and still counts at `now`, for each
/// rule. Waits for the disk, and for the rows that wait for it.
///
/// Errors
///   storage_failed   the ledger cannot be read
[[nodiscard]] Result<void> read_spending(Ledger& ledger, std::span<const BudgetRule> rules,
                                         WallTime now, EmbeddedBudgets& budgets);

}  // namespace plimsoll::store
