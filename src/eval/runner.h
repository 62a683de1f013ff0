#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "eval/dataset.h"
#include "eval/result_file.h"
#include "eval/results.h"
#include "eval/subject.h"

namespace plimsoll::eval {

struct RunOptions {
  int concurrency = 8;                        // questions under way; 1..kConcurrencyMax
  std::int64_t runs = 1;                      // of each case
  std::int64_t limit = 0;                     // only the first cases; 0: all
  bool stream = false;                        // stream every case, not only those that ask
  std::chrono::milliseconds timeout{60'000};  // of one question
};

inline constexpr int kConcurrencyMax = 4096;

/// How far a run is; told after every question.
struct Progress {
  std::int64_t done = 0, total = 0, passed = 0, failed = 0, harness_errors = 0;
};

/// The head of the result file for these inputs, without `started`.
RunHeader header_for(const Dataset& set, const Subject& subject, const RunOptions& options);

/// Puts `answer` before every check of `asked`.
Row score(const Case& asked, std::int64_t run, Outcome outcome);

/// Asks every case `runs` times, `concurrency` at once, scores each answer and
/// appends it to `file`. Questions whose row stands in the file already are left
/// out. The result does not depend on the order in which answers come. Must run
/// on the subject's loop; the references must outlive the task.
///
/// After a cancellation nothing new is asked, what was under way is not written,
/// and the file can be resumed.
///
/// Errors
///   cancelled   `cancel` came first
///   io_failed   the file could not be written
[[nodiscard]] Task<Result<Progress>> run_cases(const Dataset& set, Subject& subject,
                                               const RunOptions& options, ResultFile& file,
                                               std::function<void(const Progress&)> tell,
                                               CancelToken cancel);

}  // namespace plimsoll::eval
