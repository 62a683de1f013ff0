#pragma once

#include <memory>
#include <string_view>

#include "base/money.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "model/hold.h"

namespace plimsoll::ports {

/// Spend accounting: one balance per account, shared by every call. (The ledger
/// is something else: the record of what happened.)
///
/// Thread-safe. Every implementation passes tests/contract/accounts_contract.h.
class Accounts {
 public:
  virtual ~Accounts() = default;

  /// Sets `amount` aside on `account` and returns the hold that owns it. An
  /// account without a cap covers any amount.
  ///
  /// Waits for the store until `deadline`. On any error nothing was set aside.
  /// `account` must stay alive until the task has been awaited. The hold may
  /// outlive the caller, but not these Accounts.
  ///
  /// Errors
  ///   budget_exhausted   the balance cannot cover `amount`
  ///   storage_failed     the store cannot be reached; whether that blocks the
  ///                      call is the caller's policy, not the store's
  ///   deadline_exceeded  `deadline` passed first
  [[nodiscard]] virtual Task<Result<std::unique_ptr<Hold>>> reserve(std::string_view account,
                                                                    Money amount,
                                                                    Deadline deadline) = 0;
};

}  // namespace plimsoll::ports
