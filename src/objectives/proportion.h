#pragma once

#include <cstdint>
#include <optional>

#include "model/plan.h"

/// What a count of good ones says about the true share. Pure; every function
/// wants 0 <= good <= total and 0 < confidence < 1. With total = 0 nothing is
/// known and every interval is [0, 1].
namespace plimsoll::objectives {

struct Count {
  std::int64_t good = 0;
  std::int64_t total = 0;
  double rate() const noexcept {
    return total == 0 ? 0.0 : static_cast<double>(good) / static_cast<double>(total);
  }
};

/// How sure a statement is. Two-sided for an Interval, one-sided for a bound.
struct Confidence {
  double level = 0.95;
};

struct Interval {
  double lower = 0;
  double upper = 1;
};

/// For showing a rate: Wilson's score interval (JASA 22, 1927).
Interval wilson(Count count, Confidence confidence) noexcept;

/// Exact, two-sided: Clopper and Pearson (Biometrika 26, 1934), from beta quantiles.
Interval clopper_pearson(Count count, Confidence confidence) noexcept;

/// For judging a rate: the exact one-sided bounds. With probability >= level the
/// true share is not below `lower_bound`; the same for not above `upper_bound`.
double lower_bound(Count count, Confidence confidence) noexcept;
double upper_bound(Count count, Confidence confidence) noexcept;

/// The same for a count that is worth less than its size, as repeats of one case
/// are: the real-valued effective count of Korn and Graubard (1998).
struct EffectiveCount {
  double good = 0;
  double total = 0;
};
double lower_bound(EffectiveCount count, Confidence confidence) noexcept;
double upper_bound(EffectiveCount count, Confidence confidence) noexcept;
Interval wilson(EffectiveCount count, Confidence confidence) noexcept;

/// Agresti and Coull (American Statistician 52, 1998), clipped to [0, 1].
Interval agresti_coull(Count count, Confidence confidence) noexcept;

/// The equal-tailed interval under Jeffreys's prior, Beta(1/2, 1/2).
Interval jeffreys(Count count, Confidence confidence) noexcept;

/// What a sample says about a target.
enum class Finding : std::uint8_t {
  shown,      // the bound is on the good side
  refuted,    // the bound of the other side is on the bad side
  undecided,  // the sample is too small to tell
};

/// Judges "the true share is at least `target.at_least`". Both directions are
/// exact tests at `target.confidence`.
Finding judge(EffectiveCount count, ProportionTarget target) noexcept;
Finding judge(Count count, ProportionTarget target) noexcept;

/// The smallest sample that can show the target with `failures` bad ones in it;
/// empty when no sample can (at_least = 1).
std::optional<std::int64_t> sample_needed(ProportionTarget target, std::int64_t failures) noexcept;

/// How many more runs an undecided target needs.
struct FurtherRuns {
  std::optional<std::int64_t> if_all_pass;       // the least: no further failure
  std::optional<std::int64_t> at_observed_rate;  // empty: at this rate never
};
FurtherRuns further_runs(Count count, ProportionTarget target) noexcept;

}  // namespace plimsoll::objectives
