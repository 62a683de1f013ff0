#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "eval/results.h"
#include "model/plan.h"
#include "objectives/proportion.h"

/// Judges a result file against what a feature promises. Pure.
///
/// Each objective is a claim with an error rate of its own. "pass" says that the
/// claim is shown at its confidence, "fail" that its opposite is shown, and
/// "insufficient" that the sample cannot tell; all must pass, so no correction for
/// several claims is due (an intersection-union test).
namespace plimsoll::eval {

enum class Ruling : std::uint8_t {
  pass,
  insufficient,  // too few runs, or too near to the target, to say
  error,         // a figure that the objective needs is unknown
  fail,
  invalid,  // the run itself cannot be trusted
};

std::string_view to_string(Ruling ruling) noexcept;

/// 0 pass, 1 fail, 3 insufficient, 4 invalid, 5 error. (2 is wrong usage.)
int exit_code(Ruling ruling) noexcept;

/// In what a figure of a line is measured.
enum class Unit : std::uint8_t { share, seconds, tokens, dollars };

/// One objective, judged.
struct Line {
  std::string objective;  // as in the one-pager: "accuracy", "latency.p95", ...
  Ruling ruling = Ruling::error;
  Unit unit = Unit::share;
  bool at_least = false;  // the target is a floor; else a ceiling
  double target = 0;
  double confidence = 0.95;
  std::int64_t n = 0;                        // runs it was judged on
  double worth = 0;                          // independent runs they are worth
  std::optional<double> observed;            // absent: nothing to observe
  std::optional<double> lower, upper;        // two-sided interval, for showing
  std::optional<double> bound;               // the one-sided bound that decided
  std::optional<std::int64_t> over;          // runs beyond the limit
  std::optional<std::int64_t> over_allowed;  // with so many it would still pass
  std::optional<std::int64_t> n_minimum;     // runs without which nothing can be shown
  std::optional<objectives::FurtherRuns> further;
  std::string next;  // what to do; "" when there is nothing to do
};

struct FailedCase {
  std::string id;
  std::int64_t failed = 0, runs = 0;
  std::string evidence;  // of the first failure
};

struct GateReport {
  Ruling ruling = Ruling::error;
  std::string feature;
  RunHeader run;
  std::vector<std::string> faults;  // why the run is invalid
  std::vector<std::string> notes;
  std::vector<Line> lines;
  std::vector<FailedCase> failed_cases;  // worst first
};

/// What is known beside the result file.
struct GateContext {
  std::string plan_version;  // of the plan that holds the feature; "" = not compared
  std::string dataset_hash;  // of the feature's golden set; "" = not compared
};

/// More harness errors than this share make the run invalid; fewer count as failures.
inline constexpr double kHarnessErrorsMax = 0.01;

/// Errors
///   config_invalid   a pattern of the feature's output rules does not compile
[[nodiscard]] Result<GateReport> judge_run(const RunRecord& record, const Feature& feature,
                                           const GateContext& context);

std::string render_table(const GateReport& report);
std::string render_json(const GateReport& report);

}  // namespace plimsoll::eval
