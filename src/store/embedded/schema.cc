#include "store/embedded/schema.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace plimsoll::store {
namespace {

// The ledger. Version 2 adds `presumed`: the process died while the attempt ran, and
// its cost is the most that it may have been.
//
//   calls       one row per client request
//   attempts    one row per try against an upstream; `call` is calls.id, `n`
//               counts from 0
//   violations  what check_reply found wrong; `attempt` is attempts.n
//   controls    a view: which controls ran on a call, from calls.controls, a
//               JSON array of [control, attempt or -1, passed, note, took_ns]
//   attempt_story  a view: attempts with what they share with their call
//
// Times: `started_ns` of a call is wall time, UTC, since 1970; all others are
// offsets from it. `*_nanos` is money in billionths of a dollar. NULL: it never
// happened, or it is not known. Rows of one call stand in one transaction.
//
// Controls are a column and not rows of their own because they are written for
// every call and read for few: rows would double the cost of a call.
constexpr std::array<const char*, kSchemaVersion> kSteps{R"sql(
CREATE TABLE calls(
  id INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL, trace_id TEXT NOT NULL, started_ns INTEGER NOT NULL,
  tenant TEXT NOT NULL, key_id TEXT NOT NULL, client_address TEXT NOT NULL,
  endpoint TEXT NOT NULL, feature TEXT NOT NULL, model_asked TEXT NOT NULL,
  policy_version TEXT NOT NULL, request_hash TEXT NOT NULL, request_bytes INTEGER NOT NULL,
  streamed INTEGER NOT NULL, mode TEXT NOT NULL, client_retry INTEGER NOT NULL,
  cache TEXT NOT NULL, error TEXT, error_text TEXT NOT NULL, http_status INTEGER NOT NULL,
  bytes_released INTEGER NOT NULL, first_byte_ns INTEGER, duration_ns INTEGER NOT NULL,
  attempts INTEGER NOT NULL, input_tokens INTEGER, output_tokens INTEGER,
  cost_nanos INTEGER, controls TEXT NOT NULL, request_text TEXT, answer_text TEXT);
CREATE INDEX calls_by_call_id ON calls(call_id);
CREATE INDEX calls_by_start ON calls(started_ns);
CREATE TABLE attempts(
  call INTEGER NOT NULL REFERENCES calls(id), n INTEGER NOT NULL,
  rung INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  started_ns INTEGER, first_byte_ns INTEGER, first_content_ns INTEGER, ended_ns INTEGER,
  waited_before_ns INTEGER NOT NULL, status INTEGER, error TEXT, error_text TEXT NOT NULL,
  verdict TEXT, input_tokens INTEGER, output_tokens INTEGER, cached_input_tokens INTEGER,
  reasoning_output_tokens INTEGER, usage_estimated INTEGER NOT NULL, cost_nanos INTEGER,
  reserved_nanos INTEGER NOT NULL, probability REAL NOT NULL,
  PRIMARY KEY(call, n)) WITHOUT ROWID;
CREATE TABLE violations(
  call INTEGER NOT NULL REFERENCES calls(id), attempt INTEGER NOT NULL, n INTEGER NOT NULL,
  check_name TEXT NOT NULL, place TEXT NOT NULL, expected TEXT NOT NULL, found TEXT,
  PRIMARY KEY(call, attempt, n)) WITHOUT ROWID;
CREATE VIEW controls AS
  SELECT calls.id AS call, ran.key AS n, json_extract(ran.value, '$[0]') AS control,
         nullif(json_extract(ran.value, '$[1]'), -1) AS attempt,
         json_extract(ran.value, '$[2]') AS passed, json_extract(ran.value, '$[3]') AS note,
         json_extract(ran.value, '$[4]') AS took_ns
  FROM calls, json_each(calls.controls) AS ran;
CREATE VIEW attempt_story AS
  SELECT attempts.*, (status / 100) || 'xx' AS status_class, calls.call_id, calls.feature,
         calls.request_hash, calls.cache, calls.policy_version, calls.started_ns AS call_started_ns
  FROM attempts JOIN calls ON calls.id = attempts.call;
)sql",
                                                         R"sql(
ALTER TABLE attempts ADD COLUMN presumed INTEGER NOT NULL DEFAULT 0;
)sql"};

Error newer(const std::string& path, std::int64_t version) {
  return {.kind = ErrorKind::storage_failed,
          .what = fmt::format("the ledger {} is of version {}; this plimsoll knows up to {}", path,
                              version, kSchemaVersion),
          .hint = "start the newer plimsoll that wrote it, or move the file away"};
}

Result<void> take_step(Database& database, int from) {
  const std::string sql = fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT;",
                                      kSteps[static_cast<std::size_t>(from)], from + 1);
  auto done = database.run(sql);
  if (!done) (void)database.run("ROLLBACK");
  return done;
}

}  // namespace

Result<void> migrate(Database& database, const std::string& path) {
  PLIMSOLL_TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (version > kSchemaVersion) return std::unexpected(newer(path, version));
  for (int from = static_cast<int>(version); from < kSchemaVersion; ++from)
    if (auto done = take_step(database, from); !done) return done;
  return {};
}

Result<void> check_version(Database& database, const std::string& path) {
  PLIMSOLL_TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (version > kSchemaVersion) return std::unexpected(newer(path, version));
  if (version < kSchemaVersion)
    return fail(ErrorKind::storage_failed,
                fmt::format("the ledger {} is of the old version {}", path, version),
                "start `plimsoll serve` once: it brings the ledger up to date");
  return {};
}

}  // namespace plimsoll::store
