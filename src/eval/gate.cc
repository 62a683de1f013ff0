#include "eval/gate.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "checks/reply_checks.h"
#include "eval/gate_lines.h"

namespace plimsoll::eval {
namespace {

JudgedRows judged_rows(const RunRecord& record, const checks::ReplyChecks& contract) {
  JudgedRows judged;
  const Request request;
  for (const Row& row : record.rows) {
    Judged one{.row = &row};
    if (!row.outcome.error) {
      Answer answer;
      answer.choices.push_back(row.outcome.answer);
      one.valid = contract.judge(answer, request).passed();
    }
    one.resolved = one.valid && row.passed;
    judged.push_back(one);
  }
  return judged;
}

void find_repeated_rows(const RunRecord& record, std::vector<std::string>& faults) {
  std::set<std::pair<std::string_view, std::int64_t>> seen;
  for (const Row& row : record.rows) {
    if (seen.emplace(row.case_id, row.run).second) continue;
    faults.push_back(
        fmt::format("run {} of case \"{}\" stands in the file twice", row.run, row.case_id));
    return;
  }
}

void find_incompleteness(const RunRecord& record, std::vector<std::string>& faults) {
  const auto rows = static_cast<std::int64_t>(record.rows.size());
  const std::int64_t planned = record.header.cases * record.header.runs;
  if (rows == 0) {
    faults.emplace_back("the file holds no run");
  } else if (rows != planned) {
    faults.push_back(
        fmt::format("{} of {} runs are in the file: finish it with plimsoll eval "
                    "--resume",
                    rows, planned));
  }
}

void find_harness_errors(const RunRecord& record, std::vector<std::string>& faults) {
  std::size_t count = 0;
  std::string first;
  for (const Row& row : record.rows) {
    if (!row.outcome.harness_error) continue;
    if (count++ == 0 && row.outcome.error) first = row.outcome.error->what;
  }
  if (static_cast<double>(count) <= kHarnessErrorsMax * static_cast<double>(record.rows.size())) {
    return;
  }
  faults.push_back(fmt::format("{} of {} questions never reached the subject: {}", count,
                               record.rows.size(), first));
}

void find_other_versions(const RunRecord& record, const GateContext& context,
                         std::vector<std::string>& faults) {
  std::set<std::string> versions;
  if (!record.header.plan_version.empty()) versions.insert(record.header.plan_version);
  for (const Row& row : record.rows) {
    if (!row.outcome.plan_version.empty()) versions.insert(row.outcome.plan_version);
  }
  if (versions.size() > 1) {
    faults.push_back(fmt::format("the plan changed during the run: {} and {}", *versions.begin(),
                                 *versions.rbegin()));
  } else if (versions.size() == 1 && !context.plan_version.empty() &&
             *versions.begin() != context.plan_version) {
    faults.push_back(fmt::format("the run was made under plan {}, the file judged by is {}",
                                 *versions.begin(), context.plan_version));
  }
}

std::vector<std::string> faults_of(const RunRecord& record, const Feature& feature,
                                   const GateContext& context) {
  std::vector<std::string> faults;
  if (record.header.feature != feature.name) {
    faults.push_back(fmt::format("the run asked feature \"{}\", not \"{}\"", record.header.feature,
                                 feature.name));
  }
  if (!context.dataset_hash.empty() && context.dataset_hash != record.header.dataset_hash) {
    faults.push_back(fmt::format("the run asked data set {} ({}), the promise is on {} ({})",
                                 record.header.dataset, record.header.dataset_hash,
                                 feature.objectives.accuracy_on, context.dataset_hash));
  }
  find_incompleteness(record, faults);
  find_repeated_rows(record, faults);
  find_harness_errors(record, faults);
  find_other_versions(record, context, faults);
  return faults;
}

std::vector<std::string> notes_of(const RunRecord& record) {
  std::vector<std::string> notes;
  if (record.header.limit > 0) {
    notes.push_back(
        fmt::format("only the first {} cases of the data set were asked", record.header.cases));
  }
  if (record.header.runs > 1) {
    notes.emplace_back(
        "repeats of a case are alike, so shares are judged on what the runs are "
        "worth");
  }
  return notes;
}

void add_latency(const Objectives& promised, const RunRecord& record, const JudgedRows& rows,
                 std::vector<Line>& lines) {
  const auto add = [&](std::string name, double quantile, std::optional<milliseconds> limit,
                       bool first_token) {
    if (!limit) return;
    const LatencyTarget target{.objective = std::move(name),
                               .quantile = quantile,
                               .limit = *limit,
                               .first_token = first_token,
                               .all_streamed = record.header.stream};
    lines.push_back(judge_latency(rows, target));
  };
  add("latency.p50", 0.50, promised.p50, false);
  add("latency.p95", 0.95, promised.p95, false);
  add("latency.p99", 0.99, promised.p99, false);
  add("latency.first_token_p95", 0.95, promised.first_token_p95, true);
}

std::vector<Line> lines_of(const Objectives& promised, const RunRecord& record,
                           const JudgedRows& rows) {
  std::vector<Line> lines;
  if (promised.accuracy) lines.push_back(judge_accuracy(rows, *promised.accuracy));
  if (promised.valid) lines.push_back(judge_valid(rows, *promised.valid));
  add_latency(promised, record, rows, lines);
  if (promised.input_tokens_max) {
    lines.push_back(
        judge_tokens(rows, {"tokens.input", &Usage::input, *promised.input_tokens_max}));
  }
  if (promised.output_tokens_max) {
    lines.push_back(
        judge_tokens(rows, {"tokens.output", &Usage::output, *promised.output_tokens_max}));
  }
  if (promised.cost_per_request) {
    lines.push_back(judge_cost_per_request(rows, *promised.cost_per_request));
  }
  if (promised.cost_per_resolution) {
    lines.push_back(judge_cost_per_resolution(rows, *promised.cost_per_resolution));
  }
  return lines;
}

std::string first_evidence(const Row& row) {
  if (row.outcome.error) {
    return fmt::format("{}: {}", to_string(row.outcome.error->kind), row.outcome.error->what);
  }
  for (const Score& score : row.scores) {
    if (!score.passed) return fmt::format("{}: {}", score.check, score.evidence);
  }
  return row.outcome.answer.refusal.empty() ? "" : "refused: " + row.outcome.answer.refusal;
}

std::vector<FailedCase> failed_cases(const RunRecord& record) {
  std::map<std::string_view, FailedCase> cases;
  std::map<std::string_view, std::int64_t> first_run;  // that failed, of each case
  for (const Row& row : record.rows) {
    FailedCase& one = cases[row.case_id];
    one.id = row.case_id;
    ++one.runs;
    if (row.passed) continue;
    if (one.failed++ == 0 || row.run < first_run[row.case_id]) {
      one.evidence = first_evidence(row);
      first_run[row.case_id] = row.run;
    }
  }
  std::vector<FailedCase> failed;
  for (auto& [id, one] : cases) {
    if (one.failed > 0) failed.push_back(std::move(one));
  }
  std::ranges::sort(failed, {}, [](const FailedCase& one) {
    const double share = static_cast<double>(one.failed) / static_cast<double>(one.runs);
    return std::pair(-share, one.id);
  });
  return failed;
}

/// The gravest of the lines. A failure that is shown outweighs a figure that is
/// missing, and that outweighs a sample that is too small.
Ruling overall(const GateReport& report) {
  if (!report.faults.empty()) return Ruling::invalid;
  if (report.lines.empty()) return Ruling::error;
  return std::ranges::max(report.lines, {}, &Line::ruling).ruling;
}

}  // namespace

std::string_view to_string(Ruling ruling) noexcept {
  constexpr std::array<std::string_view, 5> kNames = {"pass", "insufficient", "error", "fail",
                                                      "invalid"};
  return kNames.at(static_cast<std::size_t>(ruling));
}

int exit_code(Ruling ruling) noexcept {
  switch (ruling) {
    case Ruling::pass: return 0;
    case Ruling::fail: return 1;
    case Ruling::insufficient: return 3;
    case Ruling::invalid: return 4;
    case Ruling::error: return 5;
  }
  return 5;
}

Result<GateReport> judge_run(const RunRecord& record, const Feature& feature,
                             const GateContext& context) {
  PLIMSOLL_TRY(const auto contract, checks::ReplyChecks::compile(feature.output));
  GateReport report;
  report.feature = feature.name;
  report.run = record.header;
  report.faults = faults_of(record, feature, context);
  report.notes = notes_of(record);
  report.lines = lines_of(feature.objectives, record, judged_rows(record, contract));
  report.failed_cases = failed_cases(record);
  if (report.lines.empty()) {
    report.notes.push_back(
        fmt::format("feature \"{}\" promises nothing that can be judged: add "
                    "objectives to it",
                    feature.name));
  }
  report.ruling = overall(report);
  return report;
}

}  // namespace plimsoll::eval
