#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace plimsoll::store {

/// One connection. One thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t { write, read_only };

  /// Opens or, for writing, creates `path`.
  ///
  /// Errors
  ///   storage_failed   the file cannot be opened or is no database
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);

  /// Runs statements that return no rows.
  [[nodiscard]] Result<void> run(const std::string& sql);

  /// The first column of the first row of `sql`, an integer.
  [[nodiscard]] Result<std::int64_t> integer(const std::string& sql);

  std::int64_t last_row_id() const noexcept;
  sqlite3* raw() const noexcept { return handle_.get(); }

  /// `doing` with SQLite's own words: "cannot write: disk I/O error".
  std::unexpected<Error> failure(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement of a Database, which must outlive it. Bound texts are
/// not copied: they must live until the step.
class Statement {
 public:
  [[nodiscard]] static Result<Statement> prepare(Database& database, const std::string& sql);

  /// Binds the next parameter, from the left.
  Statement& text(std::string_view value);
  Statement& integer(std::int64_t value);
  Statement& real(double value);
  Statement& null();
  Statement& integer_or_null(std::optional<std::int64_t> value);

  /// True when there is a row to read. Afterwards, or on an error, the
  /// statement is ready to be bound again.
  [[nodiscard]] Result<bool> step();
  /// For statements without rows.
  [[nodiscard]] Result<void> execute();

  /// Columns of the row, from 0. A text is a view until the next step.
  int columns() const noexcept;
  std::string_view column_name(int column) const noexcept;
  bool is_null(int column) const noexcept;
  bool is_integer(int column) const noexcept;
  bool is_real(int column) const noexcept;
  std::int64_t integer_at(int column) const noexcept;
  double real_at(int column) const noexcept;
  std::string_view text_at(int column) const noexcept;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  void reset() noexcept;

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int next_ = 0;  // parameters bound so far
};

}  // namespace plimsoll::store
