#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/plan_file.h"
#include "base/candidates.h"
#include "base/hash.h"
#include "cli/features.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "eval/gate.h"
#include "eval/result_file.h"

namespace plimsoll::cli {
namespace {

constexpr int kInvalidRun = 4;
constexpr int kGateError = 5;

struct GateFlags {
  std::string results, config, feature;
  std::string format = "table";
};

/// The hash of the set that the promise is on; "" when there is none to compare.
Result<std::string> promised_set(const Feature& feature) {
  if (feature.objectives.accuracy_on.empty()) return std::string();
  PLIMSOLL_TRY(const std::string text, eval::read_file(feature.objectives.accuracy_on));
  return fingerprint(text);
}

int judge(const GateFlags& flags, const Plan& plan, const eval::RunRecord& record) {
  const std::string& name = flags.feature.empty() ? record.header.feature : flags.feature;
  const auto feature = feature_named(plan, name);
  if (!feature) return tell(feature.error(), kUsageError);
  auto hash = promised_set(**feature);
  if (!hash) return tell(hash.error(), kGateError);
  const eval::GateContext context{.plan_version = plan.version, .dataset_hash = std::move(*hash)};
  const auto report = eval::judge_run(record, **feature, context);
  if (!report) return tell(report.error(), kGateError);
  fmt::print("{}", flags.format == "json" ? eval::render_json(*report) + "\n"
                                          : eval::render_table(*report));
  return eval::exit_code(report->ruling);
}

int gate(const GateFlags& flags) {
  const auto plan = app::load_plan(flags.config);
  if (!plan) return tell(plan.error(), kUsageError);
  const auto text = eval::read_file(flags.results);
  if (!text) return tell(text.error(), kGateError);
  auto record = eval::read_results(*text);
  if (!record) {
    record.error().what = fmt::format("{}: {}", flags.results, record.error().what);
    return tell(record.error(), kInvalidRun);
  }
  return judge(flags, **plan, *record);
}

}  // namespace

void add_gate(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("gate", "Judge an eval run against what a feature promises.");
  auto flags = std::make_shared<GateFlags>();
  verb->add_option("results", flags->results, "The result file of plimsoll eval")->required();
  verb->add_option("-c,--config", flags->config,
                   "The one-pager with the promises. Default: ./plimsoll.yaml");
  verb->add_option("--feature", flags->feature, "The feature. Default: the one the run asked");
  verb->add_option("--format", flags->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  verb->footer(
      "Examples:\n"
      "  plimsoll gate results.jsonl -c plimsoll.yaml --feature support-bot\n"
      "  plimsoll gate results.jsonl --format json | jq .verdict\n"
      "A promise passes when it is shown at its confidence, not when the observed figure\n"
      "looks good: 58 of 58 right answers do not show 95 %, 59 of 59 do.\n"
      "Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 insufficient (run more),\n"
      "4 invalid run (unfinished, another data set, nothing reached), 5 error (a figure\n"
      "such as the cost is unknown, or a file cannot be read).");
  verb->callback([flags, &exit_code] { exit_code = gate(*flags); });
}

}  // namespace plimsoll::cli
