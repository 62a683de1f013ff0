#pragma once

#include <string>

#include "store/embedded/sqlite.h"

namespace plimsoll::store {

/// The version of the ledger that this program writes: PRAGMA user_version.
inline constexpr int kSchemaVersion = 2;

/// Brings the database up to kSchemaVersion, one transaction per step, so that a
/// process killed in between leaves a whole older version.
///
/// Errors
///   storage_failed   it is of a newer version, or a step failed; the database
///                    is as the last whole step left it
[[nodiscard]] Result<void> migrate(Database& database, const std::string& path);

/// Errors
///   storage_failed   the database is of another version than kSchemaVersion
[[nodiscard]] Result<void> check_version(Database& database, const std::string& path);

}  // namespace plimsoll::store
