#include "store/embedded/sqlite.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <utility>

namespace plimsoll::store {
namespace {

constexpr int kBusyMillis = 5'000;

std::unexpected<Error> failure_of(sqlite3* handle, std::string_view doing) {
  return fail(ErrorKind::storage_failed, fmt::format("{}: {}", doing, sqlite3_errmsg(handle)));
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

namespace {

/// SQLite counts every allocation under one lock of the process, for figures that
/// nobody asks for. To be said before its first use; later it is ignored.
void leave_memory_uncounted() {
  static const int said = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)said;
}

}  // namespace

Result<Database> Database::open(const std::string& path, Access access) {
  leave_memory_uncounted();
  const int flags =
      access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return database.failure(fmt::format("cannot open {}", path));
  sqlite3_busy_timeout(handle, kBusyMillis);
  return database;
}

Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(raw(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure("cannot run a statement");
  return {};
}

Result<std::int64_t> Database::integer(const std::string& sql) {
  PLIMSOLL_TRY(Statement statement, Statement::prepare(*this, sql));
  PLIMSOLL_TRY(const bool row, statement.step());
  if (!row) return fail(ErrorKind::storage_failed, fmt::format("no row from: {}", sql));
  return statement.integer_at(0);
}

std::int64_t Database::last_row_id() const noexcept { return sqlite3_last_insert_rowid(raw()); }

std::unexpected<Error> Database::failure(std::string_view doing) const {
  return failure_of(raw(), doing);
}

Result<Statement> Statement::prepare(Database& database, const std::string& sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(database.raw(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    return database.failure("cannot prepare a statement");
  Statement statement;
  statement.handle_.reset(handle);
  return statement;
}

Statement& Statement::text(std::string_view value) {
  // A null pointer would bind NULL; an empty text is not unknown.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text(handle_.get(), ++next_, data, static_cast<int>(value.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::integer(std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), ++next_, value);
  return *this;
}

Statement& Statement::real(double value) {
  sqlite3_bind_double(handle_.get(), ++next_, value);
  return *this;
}

Statement& Statement::null() {
  sqlite3_bind_null(handle_.get(), ++next_);
  return *this;
}

Statement& Statement::integer_or_null(std::optional<std::int64_t> value) {
  return value ? integer(*value) : null();
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = failure_of(sqlite3_db_handle(handle_.get()), "cannot run a statement");
  reset();
  return error;
}

Result<void> Statement::execute() {
  PLIMSOLL_TRY([[maybe_unused]] const bool row, step());
  return {};
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_.get());
  next_ = 0;
}

int Statement::columns() const noexcept { return sqlite3_column_count(handle_.get()); }
std::string_view Statement::column_name(int column) const noexcept {
  return sqlite3_column_name(handle_.get(), column);
}
bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}
bool Statement::is_integer(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_INTEGER;
}
bool Statement::is_real(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_FLOAT;
}
std::int64_t Statement::integer_at(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}
double Statement::real_at(int column) const noexcept {
  return sqlite3_column_double(handle_.get(), column);
}
std::string_view Statement::text_at(int column) const noexcept {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

}  // namespace plimsoll::store
