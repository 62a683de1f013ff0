#include "objectives/percentile.h"

#include <algorithm>
#include <cmath>

#include "objectives/special.h"

namespace plimsoll::objectives {
namespace {

ProportionTarget as_share(PercentileTarget target) noexcept {
  return {.at_least = target.quantile, .confidence = target.confidence};
}

/// P(X <= k) for X ~ Binomial(n, p), 0 <= k.
double binomial_probability(std::int64_t k, std::int64_t n, double p) noexcept {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incomplete_beta(static_cast<double>(n - k), static_cast<double>(k) + 1, 1 - p);
}

/// The smallest k in 0..n with P(X <= k) >= `probability`.
std::int64_t binomial_quantile(std::int64_t n, double p, double probability) noexcept {
  std::int64_t low = -1;
  std::int64_t high = n;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (binomial_probability(middle, n, p) >= probability ? high : low) = middle;
  }
  return high;
}

}  // namespace

Finding judge(Count within, PercentileTarget target) noexcept {
  return judge(within, as_share(target));
}

std::int64_t minimum_sample(PercentileTarget target) noexcept {
  return sample_needed(as_share(target), 0).value_or(0);
}

std::optional<std::int64_t> exceedances_allowed(std::int64_t n, PercentileTarget target) noexcept {
  const auto rank = upper_rank(n, target);
  if (!rank) return std::nullopt;
  return n - *rank;
}

FurtherRuns further_runs(Count within, PercentileTarget target) noexcept {
  return further_runs(within, as_share(target));
}

RankInterval quantile_ranks(std::int64_t n, PercentileTarget two_sided) noexcept {
  const double tail = (1 - two_sided.confidence) / 2;
  RankInterval ranks;
  const std::int64_t lower = binomial_quantile(n, two_sided.quantile, tail);
  if (lower >= 1) ranks.lower = lower;
  const std::int64_t upper = binomial_quantile(n, two_sided.quantile, 1 - tail) + 1;
  if (upper <= n) ranks.upper = upper;
  return ranks;
}

std::optional<std::int64_t> upper_rank(std::int64_t n, PercentileTarget one_sided) noexcept {
  const std::int64_t rank = binomial_quantile(n, one_sided.quantile, one_sided.confidence) + 1;
  if (rank > n) return std::nullopt;
  return rank;
}

std::int64_t nearest_rank(std::int64_t n, double quantile) noexcept {
  // A hair is taken off so that 0.95 * 100 stays rank 95 in binary.
  const auto rank = static_cast<std::int64_t>(std::ceil(quantile * static_cast<double>(n) - 1e-9));
  return std::clamp<std::int64_t>(rank, 1, n);
}

}  // namespace plimsoll::objectives
