#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "eval/scorers.h"
#include "eval/subject.h"

/// The result file of an eval run: JSON Lines, appended to while the run goes on.
/// The first line says what was run, each further line is one question asked:
///
///   header := {"plimsoll_eval": 1, "feature", "subject", "dataset", "dataset_hash", "cases",
///              "runs", "limit", "stream", "timeout_ms", "plan_version", "started"}
///   row    := {"case", "run", "weight", "passed", "scores": [{"check", "passed", "evidence"}],
///              "answer", "refusal"?, "tool_calls"?, "finish", "duration_ns",
///              "first_token_ns"?, "usage": {...}|null, "cost_nanodollars": n|null,
///              "attempts"?, "status", "call"?, "plan"?, "error": {"kind", "what"}|null,
///              "harness_error", "trail"?}
namespace plimsoll::eval {

struct RunHeader {
  std::string feature, subject, dataset, dataset_hash;
  std::int64_t cases = 0;  // asked of the data set, after `limit`
  std::int64_t runs = 1;   // how often each
  std::int64_t limit = 0;  // 0: all cases
  bool stream = false;     // every case streamed
  std::int64_t timeout_ms = 0;
  std::string plan_version;  // "" when not known beforehand
  std::string started;       // for people: "2026-11-23T10:15:00Z"
};

struct Row {
  std::string case_id;
  std::int64_t run = 0;
  double weight = 1;
  bool passed = false;  // answered, and every check of the case passed
  std::vector<Score> scores;
  Outcome outcome;
};

std::string write_header(const RunHeader& header);  // without the line end
std::string write_row(const Row& row);

struct RunRecord {
  RunHeader header;
  std::vector<Row> rows;
  std::size_t whole_bytes = 0;  // up to here the file is sound
  bool torn = false;            // an unfinished last line was left out
};

/// Reads a result file. An unfinished last line, as a killed run leaves it, is left
/// out and told by `torn`; anything else that does not fit is an error.
///
/// Errors
///   config_invalid   not such a file; `what` names the line
[[nodiscard]] Result<RunRecord> read_results(std::string_view text);

/// Whether a run with `now` may be appended to a file that begins with `before`.
///
/// Errors
///   config_invalid   they differ; `what` names the first difference
[[nodiscard]] Result<void> same_run(const RunHeader& before, const RunHeader& now);

}  // namespace plimsoll::eval
