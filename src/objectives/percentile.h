#pragma once

#include <cstdint>
#include <optional>

#include "objectives/proportion.h"

/// Percentiles judged by counting. "p99 <= L" says the same as "at least 99 % are
/// within L", so an exact binomial test decides it and no sketch error enters.
/// Source: Hahn and Meeker, "Statistical Intervals", chapter 5.
namespace plimsoll::objectives {

struct PercentileTarget {
  double quantile = 0.95;  // 0.95 for p95
  double confidence = 0.95;
};

/// `within` counts the samples that did not exceed the limit.
Finding judge(Count within, PercentileTarget target) noexcept;

/// The smallest sample with which the target can be shown: none over the limit.
std::int64_t minimum_sample(PercentileTarget target) noexcept;

/// How many of `n` may exceed the limit while it is still shown; empty when n is
/// below the minimum.
std::optional<std::int64_t> exceedances_allowed(std::int64_t n, PercentileTarget target) noexcept;

FurtherRuns further_runs(Count within, PercentileTarget target) noexcept;

/// 1-based ranks of the order statistics that enclose the quantile with equal
/// tails; empty where no such bound exists in a sample of this size.
struct RankInterval {
  std::optional<std::int64_t> lower, upper;
};
RankInterval quantile_ranks(std::int64_t n, PercentileTarget two_sided) noexcept;

/// The rank of the one-sided upper bound of the quantile.
std::optional<std::int64_t> upper_rank(std::int64_t n, PercentileTarget one_sided) noexcept;

/// The 1-based nearest rank of a quantile: ceil(q n), at least 1. n > 0.
std::int64_t nearest_rank(std::int64_t n, double quantile) noexcept;

}  // namespace plimsoll::objectives
