#include "store/embedded/ledger_eraser.h"

#include <fmt/format.h>

#include <filesystem>

#include "store/embedded/schema.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

constexpr int kCallsAtOnce = 2'000;

/// The next calls to erase, as a table of this connection.
Result<void> choose(Database& database, const Erasure& which) {
  if (auto cleared = database.run("DELETE FROM temp.erased"); !cleared) return cleared;
  PLIMSOLL_TRY(
      Statement chosen,
      Statement::prepare(database, fmt::format("INSERT INTO temp.erased SELECT id FROM calls WHERE "
                                               "(?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR "
                                               "started_ns < ?2) LIMIT {}",
                                               kCallsAtOnce)));
  which.tenant ? chosen.text(*which.tenant) : chosen.null();
  which.before ? chosen.integer(which.before->time_since_epoch().count()) : chosen.null();
  return chosen.execute();
}

constexpr const char* kErase =
    "DELETE FROM violations WHERE call IN (SELECT id FROM temp.erased);"
    "DELETE FROM attempts WHERE call IN (SELECT id FROM temp.erased);"
    "DELETE FROM calls WHERE id IN (SELECT id FROM temp.erased);";

/// One transaction; returns how many calls it erased.
Result<std::int64_t> erase_some(Database& database, const Erasure& which) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun)
    return std::unexpected(std::move(begun).error());
  auto done = choose(database, which);
  if (done) done = database.run(kErase);
  if (done) done = database.run("COMMIT");
  if (!done) {
    (void)database.run("ROLLBACK");
    return std::unexpected(std::move(done).error());
  }
  return database.integer("SELECT count(*) FROM temp.erased");
}

}  // namespace

Result<std::int64_t> erase_calls(const std::string& folder, const Erasure& which) {
  if (!which.tenant && !which.before)
    return fail(ErrorKind::request_invalid, "nothing says which calls to erase",
                "name a tenant, or an age");
  const std::string path = folder + "/ledger.db";
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return fail(ErrorKind::storage_failed, fmt::format("there is no ledger in {}", folder),
                "name the folder of the server with --folder");
  PLIMSOLL_TRY(Database database, Database::open(path, Database::Access::write));
  if (auto right = check_version(database, path); !right)
    return std::unexpected(std::move(right).error());
  if (auto set = database.run("PRAGMA secure_delete=ON;"
                              "CREATE TEMP TABLE erased(id INTEGER PRIMARY KEY)");
      !set)
    return std::unexpected(std::move(set).error());
  std::int64_t all = 0;
  while (true) {
    PLIMSOLL_TRY(const std::int64_t some, erase_some(database, which));
    if (some == 0) break;
    all += some;
  }
  // What was erased still stands in the log of the database until it is moved home.
  (void)database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  return all;
}

}  // namespace plimsoll::store
