#include "store/embedded/ledger_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include "store/embedded/schema.h"
#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

constexpr const char* kCallColumns =
    "call_id, started_ns, feature, model_asked, coalesce(error, 'answered') AS status, "
    "http_status, attempts, cache, streamed, input_tokens, output_tokens, cost_nanos, "
    "first_byte_ns, duration_ns, tenant, key_id, client_address, trace_id, error_text";

/// Conditions with their parameters, so that no value is ever part of the SQL.
class Where {
 public:
  explicit Where(const CallFilter& filter) {
    if (filter.since) add("calls.started_ns >= ?", filter.since->time_since_epoch().count());
    if (filter.feature) add("feature = ?", *filter.feature);
    if (filter.model) {
      add("(model_asked = ? OR EXISTS (SELECT 1 FROM attempts AS tried WHERE "
          "tried.call = calls.id AND tried.model = ?))",
          *filter.model);
      values_.emplace_back(*filter.model);
    }
    if (filter.status) add_status(*filter.status);
  }

  const std::string& sql() const noexcept { return sql_; }

  void bind(Statement& statement) const {
    for (const Cell& value : values_)
      if (const auto* number = std::get_if<std::int64_t>(&value))
        statement.integer(*number);
      else
        statement.text(std::get<std::string>(value));
  }

 private:
  void add(std::string_view condition) {
    sql_.append(sql_.empty() ? " WHERE " : " AND ").append(condition);
  }
  void add(std::string_view condition, Cell value) {
    add(condition);
    values_.push_back(std::move(value));
  }
  void add_status(const std::string& status) {
    std::int64_t http = 0;
    const auto [end, bad] = std::from_chars(status.data(), status.data() + status.size(), http);
    if (bad == std::errc() && end == status.data() + status.size())
      return add("http_status = ?", http);
    if (status == "answered") return add("calls.error IS NULL");
    if (status == "failed") return add("calls.error IS NOT NULL");
    add("calls.error = ?", status);
  }

  std::string sql_;
  std::vector<Cell> values_;
};

Cell cell_of(const Statement& statement, int column) {
  if (statement.is_null(column)) return {};
  if (statement.is_integer(column)) return statement.integer_at(column);
  if (statement.is_real(column)) return statement.real_at(column);
  return std::string(statement.text_at(column));
}

Result<Rows> read_all(Statement& statement) {
  Rows all;
  for (int i = 0; i < statement.columns(); ++i) all.columns.emplace_back(statement.column_name(i));
  while (true) {
    PLIMSOLL_TRY(const bool more, statement.step());
    if (!more) return all;
    std::vector<Cell>& row = all.rows.emplace_back();
    for (int i = 0; i < statement.columns(); ++i) row.push_back(cell_of(statement, i));
  }
}

/// The smallest duration that at least `share` of all do not pass.
std::chrono::nanoseconds nearest_rank(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return {};
  const auto rank =
      static_cast<std::size_t>(share * static_cast<double>(sorted.size()) + 0.9999999);
  return std::chrono::nanoseconds{sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1]};
}

struct Summing {
  FeatureSummary sums;
  std::map<std::string, std::int64_t> errors;
  std::vector<std::int64_t> durations;

  void add(const Statement& row) {
    ++sums.calls;
    sums.attempts += row.integer_at(3);
    sums.input_tokens += row.integer_at(4);
    sums.output_tokens += row.integer_at(5);
    if (row.is_null(6))
      ++sums.cost_unknown;
    else
      sums.cost += Money{row.integer_at(6)};
    if (!row.is_null(1)) {
      ++errors[std::string(row.text_at(1))];
      return;
    }
    ++sums.answered;
    durations.push_back(row.integer_at(2));
  }

  FeatureSummary finish(std::string feature) {
    sums.feature = std::move(feature);
    std::sort(durations.begin(), durations.end());
    sums.p50 = nearest_rank(durations, 0.50);
    sums.p95 = nearest_rank(durations, 0.95);
    sums.p99 = nearest_rank(durations, 0.99);
    sums.errors.assign(errors.begin(), errors.end());
    std::sort(sums.errors.begin(), sums.errors.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    return std::move(sums);
  }
};

}  // namespace

const Cell& Rows::at(std::size_t row, std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return rows.at(row).at(static_cast<std::size_t>(found - columns.begin()));
}

struct LedgerReader::State {
  Database database;

  Result<Rows> of_call(const char* sql, std::int64_t call) {
    PLIMSOLL_TRY(Statement statement, Statement::prepare(database, sql));
    statement.integer(call);
    return read_all(statement);
  }
};

LedgerReader::LedgerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LedgerReader::LedgerReader(LedgerReader&&) noexcept = default;
LedgerReader& LedgerReader::operator=(LedgerReader&&) noexcept = default;
LedgerReader::~LedgerReader() = default;

Result<LedgerReader> LedgerReader::open(const std::string& folder) {
  const std::string path = folder + "/ledger.db";
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return fail(ErrorKind::storage_failed, fmt::format("there is no ledger in {}", folder),
                "name the folder of the server with --folder; `plimsoll serve` creates it");
  PLIMSOLL_TRY(Database database, Database::open(path, Database::Access::read_only));
  if (auto right = check_version(database, path); !right)
    return std::unexpected(std::move(right).error());
  auto state = std::make_unique<State>();
  state->database = std::move(database);
  return LedgerReader(std::move(state));
}

Result<Rows> LedgerReader::calls(const CallFilter& filter) {
  const Where where(filter);
  std::string sql = fmt::format("SELECT {} FROM calls{} ORDER BY started_ns DESC, id DESC",
                                kCallColumns, where.sql());
  if (filter.limit != 0) sql += fmt::format(" LIMIT {}", filter.limit);
  PLIMSOLL_TRY(Statement statement, Statement::prepare(state_->database, sql));
  where.bind(statement);
  return read_all(statement);
}

Result<LedgerReader::Story> LedgerReader::story(std::string_view call_id) {
  PLIMSOLL_TRY(Statement statement,
               Statement::prepare(state_->database, "SELECT * FROM calls WHERE call_id = ?"));
  statement.text(call_id);
  Story story;
  PLIMSOLL_TRY(story.call, read_all(statement));
  if (story.call.rows.empty())
    return fail(ErrorKind::storage_failed, fmt::format("the ledger has no call {}", call_id),
                "take an id from the first column of `plimsoll ledger`, or from x-request-id");
  const std::int64_t id = std::get<std::int64_t>(story.call.at(0, "id"));
  PLIMSOLL_TRY(story.attempts,
               state_->of_call("SELECT * FROM attempt_story WHERE call = ? ORDER BY n", id));
  PLIMSOLL_TRY(story.controls,
               state_->of_call("SELECT * FROM controls WHERE call = ? ORDER BY n", id));
  PLIMSOLL_TRY(story.violations,
               state_->of_call("SELECT * FROM violations WHERE call = ? ORDER BY attempt, n", id));
  return story;
}

Result<std::vector<FeatureSummary>> LedgerReader::summary(const CallFilter& filter) {
  const Where where(filter);
  PLIMSOLL_TRY(Statement statement,
               Statement::prepare(state_->database,
                                  "SELECT feature, error, duration_ns, attempts, input_tokens, "
                                  "output_tokens, cost_nanos FROM calls" +
                                      where.sql()));
  where.bind(statement);
  std::map<std::string, Summing, std::less<>> by_feature;
  while (true) {
    PLIMSOLL_TRY(const bool more, statement.step());
    if (!more) break;
    by_feature[std::string(statement.text_at(0))].add(statement);
  }
  std::vector<FeatureSummary> all;
  for (auto& [feature, summing] : by_feature) all.push_back(summing.finish(feature));
  return all;
}

namespace {

std::string_view column_of(LedgerReader::SpendBy by) noexcept {
  switch (by) {
    case LedgerReader::SpendBy::feature: return "feature";
    case LedgerReader::SpendBy::key: return "key_id";
    case LedgerReader::SpendBy::tenant: return "tenant";
    case LedgerReader::SpendBy::provider: return "provider";
    case LedgerReader::SpendBy::model: return "model";
    case LedgerReader::SpendBy::day: return "day";
  }
  return "feature";
}

}  // namespace

Result<Rows> LedgerReader::spend(const CallFilter& filter, std::span<const SpendBy> by) {
  const Where where(filter);
  std::string groups;
  for (const SpendBy one : by) groups.append(column_of(one)).append(", ");
  const std::string sql = fmt::format(
      "SELECT {0}count(DISTINCT id) AS calls, count(n) AS attempts, sum(input) AS input_tokens, "
      "sum(output) AS output_tokens, coalesce(sum(cost), 0) AS cost_nanos, "
      "sum(n IS NOT NULL AND cost IS NULL) AS cost_unknown, "
      "coalesce(sum(CASE WHEN presumed THEN cost END), 0) AS presumed_nanos, "
      "count(DISTINCT CASE WHEN error IS NULL THEN id END) AS resolved, "
      "sum(cost) / nullif(count(DISTINCT CASE WHEN error IS NULL THEN id END), 0) "
      "AS cost_per_resolution_nanos FROM (SELECT calls.id, calls.feature, calls.key_id, "
      "calls.tenant, calls.error, date(calls.started_ns / 1000000000, 'unixepoch') AS day, "
      "attempts.n, attempts.provider, attempts.model, attempts.input_tokens AS input, "
      "attempts.output_tokens AS output, attempts.cost_nanos AS cost, attempts.presumed "
      "FROM calls LEFT JOIN attempts ON attempts.call = calls.id{1}){2} ORDER BY cost_nanos DESC",
      groups, where.sql(), by.empty() ? "" : " GROUP BY " + groups.substr(0, groups.size() - 2));
  PLIMSOLL_TRY(Statement statement, Statement::prepare(state_->database, sql));
  where.bind(statement);
  return read_all(statement);
}

}  // namespace plimsoll::store
