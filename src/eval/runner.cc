#include "eval/runner.h"

#include <algorithm>
#include <utility>

#include "base/scope.h"

namespace plimsoll::eval {
namespace {

std::int64_t cases_asked(const Dataset& set, const RunOptions& options) {
  const auto all = static_cast<std::int64_t>(set.cases.size());
  return options.limit > 0 ? std::min(all, options.limit) : all;
}

/// What the workers of one run share; on one loop.
struct Shared {
  const Dataset& set;
  Subject& subject;
  const RunOptions& options;
  ResultFile& file;
  const std::function<void(const Progress&)>& tell;
  CancelToken cancel;
  Progress progress;
  std::int64_t next = 0;  // the next question; run-major, so that an early stop is even
  std::optional<Error> stopped;

  bool may_go_on() const { return !stopped && !cancel.cancelled() && next < progress.total; }
};

void book(Shared& shared, const Row& row) {
  auto written = shared.file.append(row);
  if (!written) {
    shared.stopped = std::move(written).error();
    return;
  }
  ++shared.progress.done;
  ++(row.passed ? shared.progress.passed : shared.progress.failed);
  if (row.outcome.harness_error) ++shared.progress.harness_errors;
  if (shared.tell) shared.tell(shared.progress);
}

Task<void> work(Outlives<Shared> run) {
  Shared& shared = run.object;
  const std::int64_t cases = cases_asked(shared.set, shared.options);
  while (shared.may_go_on()) {
    const std::int64_t question = shared.next++;
    const Case& asked = shared.set.cases[static_cast<std::size_t>(question % cases)];
    const std::int64_t repeat = question / cases;
    if (shared.file.is_done(asked.id, repeat)) continue;
    const Ask how{.stream = asked.stream || shared.options.stream,
                  .deadline = Clock::now() + shared.options.timeout,
                  .cancel = shared.cancel};
    Outcome outcome = co_await shared.subject.ask(asked, how);
    // An answer cut short by our own stop says nothing about the subject.
    if (shared.cancel.cancelled() && outcome.error) co_return;
    if (!shared.stopped) book(shared, score(asked, repeat, std::move(outcome)));
  }
}

}  // namespace

RunHeader header_for(const Dataset& set, const Subject& subject, const RunOptions& options) {
  RunHeader header;
  header.subject = subject.name();
  header.dataset_hash = set.hash;
  header.cases = cases_asked(set, options);
  header.runs = options.runs;
  header.limit = options.limit;
  header.stream = options.stream;
  header.timeout_ms = options.timeout.count();
  return header;
}

Row score(const Case& asked, std::int64_t run, Outcome outcome) {
  Row row;
  row.case_id = asked.id;
  row.run = run;
  row.weight = asked.weight;
  row.passed = !outcome.error && outcome.answer.refusal.empty();
  if (!outcome.error) {
    for (const Check& check : asked.checks) {
      row.scores.push_back(check.score(outcome.answer.text));
      row.passed = row.passed && row.scores.back().passed;
    }
  }
  row.outcome = std::move(outcome);
  return row;
}

Task<Result<Progress>> run_cases(const Dataset& set, Subject& subject, const RunOptions& options,
                                 ResultFile& file, std::function<void(const Progress&)> tell,
                                 CancelToken cancel) {
  Shared shared{.set = set,
                .subject = subject,
                .options = options,
                .file = file,
                .tell = tell,
                .cancel = cancel};
  shared.progress.total = cases_asked(set, options) * options.runs;
  shared.progress.done = static_cast<std::int64_t>(file.resumed_rows());
  shared.progress.passed = static_cast<std::int64_t>(file.resumed_passed());
  shared.progress.failed = shared.progress.done - shared.progress.passed;
  Scope scope;
  const int workers = std::clamp(options.concurrency, 1, kConcurrencyMax);
  for (int i = 0; i < workers && shared.may_go_on(); ++i) {
    scope.spawn(&work, Outlives<Shared>{shared});
  }
  co_await scope.drain();
  if (shared.stopped) co_return std::unexpected(std::move(*shared.stopped));
  if (cancel.cancelled() && shared.progress.done < shared.progress.total) {
    co_return fail(ErrorKind::cancelled, "the run was stopped before its end");
  }
  co_return shared.progress;
}

}  // namespace plimsoll::eval
