#pragma once

#include <memory>
#include <span>
#include <string>

#include "model/trail.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {

/// Writes trails as rows, through statements prepared once. Must not outlive its
/// database; one thread at a time.
class LedgerRows {
 public:
  [[nodiscard]] static Result<LedgerRows> prepare(Database& database);

  /// Writes all of `trails` in one transaction.
  ///
  /// Errors
  ///   storage_failed   nothing of them was written
  [[nodiscard]] Result<void> write(std::span<const std::shared_ptr<const Trail>> trails);

 private:
  LedgerRows(Database& database, Statement call, Statement attempt, Statement violation);
  Result<void> write_all(std::span<const std::shared_ptr<const Trail>> trails);
  Result<void> write_call(const Trail& trail);
  Result<void> write_attempt(const Trail& trail, std::int64_t call, std::size_t n);
  Result<void> write_violations(const Trail& trail, std::int64_t call, std::size_t attempt);

  Database* database_;
  Statement call_, attempt_, violation_;
  std::string controls_;  // reused
};

}  // namespace plimsoll::store
