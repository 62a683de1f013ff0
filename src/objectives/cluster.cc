#include "objectives/cluster.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace plimsoll::objectives {
namespace {

struct Sums {
  double weight = 0;         // of all runs
  double weight_square = 0;  // of all runs
  double passed = 0;         // weight of the passed runs
  bool plain = true;         // one run a case, one weight
};

Sums sums_of(std::span<const CaseTally> cases) {
  Sums sums;
  for (const CaseTally& one : cases) {
    const double runs = static_cast<double>(one.runs);
    sums.weight += one.weight * runs;
    sums.weight_square += one.weight * one.weight * runs;
    sums.passed += one.weight * static_cast<double>(one.passed);
    sums.plain = sums.plain && one.runs == 1 && one.weight == cases.front().weight;
  }
  return sums;
}

/// The variance of the weighted rate when whole cases are what is drawn.
double variance_over_cases(std::span<const CaseTally> cases, const Sums& sums, double rate) {
  const double count = static_cast<double>(cases.size());
  if (cases.size() < 2) return 0;
  double squares = 0;
  for (const CaseTally& one : cases) {
    const double off =
        one.weight * (static_cast<double>(one.passed) - rate * static_cast<double>(one.runs));
    squares += off * off;
  }
  return squares / (sums.weight * sums.weight) * count / (count - 1);
}

/// How alike the runs of one case are (the intra-class correlation), from the
/// design effect over `size` runs a case. Few differing cases say little about
/// it, so it is pulled towards 1, the cautious end, with the weight of
/// kCautiousCases; without that, one failure could turn "insufficient" to "pass".
double likeness(std::span<const CaseTally> cases, double design_effect, double size) {
  constexpr double kCautiousCases = 10;
  std::int64_t passing = 0;
  std::int64_t failing = 0;
  for (const CaseTally& one : cases) {
    passing += one.passed > 0 ? 1 : 0;
    failing += one.passed < one.runs ? 1 : 0;
  }
  const double told_by = static_cast<double>(std::min(passing, failing));
  const double estimate = std::clamp((design_effect - 1) / (size - 1), 0.0, 1.0);
  return (told_by * estimate + kCautiousCases) / (told_by + kCautiousCases);
}

double effective_runs(std::span<const CaseTally> cases, const Sums& sums, double design_effect) {
  double squares = 0;
  double runs = 0;
  for (const CaseTally& one : cases) {
    const double size = static_cast<double>(one.runs);
    squares += size * size;
    runs += size;
  }
  // Kish: what so many runs are worth with these weights.
  const double by_weight = sums.weight * sums.weight / sums.weight_square;
  const double size = squares / runs;
  if (size <= 1) return std::min(by_weight, runs / design_effect);
  return by_weight / (1 + (size - 1) * likeness(cases, design_effect, size));
}

/// Sorted, so that sums of doubles come out the same for every order.
std::vector<CaseTally> in_fixed_order(std::span<const CaseTally> cases) {
  std::vector<CaseTally> kept;
  for (const CaseTally& one : cases) {
    if (one.runs > 0) kept.push_back(one);
  }
  std::sort(kept.begin(), kept.end(), [](const CaseTally& a, const CaseTally& b) {
    if (a.weight != b.weight) return a.weight < b.weight;
    return a.runs != b.runs ? a.runs < b.runs : a.passed < b.passed;
  });
  return kept;
}

/// C(top, k) / C(runs, k).
double share_of_draws(std::int64_t top, std::int64_t runs, std::int64_t k) {
  double share = 1;
  for (std::int64_t i = 0; i < k; ++i) {
    share *=
        static_cast<double>(std::max<std::int64_t>(0, top - i)) / static_cast<double>(runs - i);
  }
  return share;
}

template <class Share>
double mean_over_cases(std::span<const CaseTally> cases, std::int64_t k, Share share) {
  double sum = 0;
  double weight = 0;
  for (const CaseTally& one : in_fixed_order(cases)) {
    if (one.runs < k) continue;
    sum += one.weight * share(one);
    weight += one.weight;
  }
  return weight > 0 ? sum / weight : 0;
}

}  // namespace

ClusteredRate clustered_rate(std::span<const CaseTally> unsorted) {
  const std::vector<CaseTally> cases = in_fixed_order(unsorted);
  ClusteredRate found;
  if (cases.empty()) return found;
  const Sums sums = sums_of(cases);
  std::int64_t passed = 0;
  for (const CaseTally& one : cases) {
    found.runs += one.runs;
    passed += one.passed;
  }
  found.cases = static_cast<std::int64_t>(cases.size());
  found.rate = passed == found.runs ? 1 : sums.passed / sums.weight;
  const double variance = variance_over_cases(cases, sums, found.rate);
  const double runs = static_cast<double>(found.runs);
  found.standard_error = std::sqrt(variance);
  const double naive = found.rate * (1 - found.rate) / runs;
  if (naive > 0 && variance > 0) found.design_effect = variance / naive;
  if (sums.plain) {
    found.effective = {static_cast<double>(passed), runs};
    return found;
  }
  const double worth = effective_runs(cases, sums, found.design_effect);
  found.effective = {found.rate * worth, worth};
  return found;
}

double pass_hat_k(std::span<const CaseTally> cases, std::int64_t k) {
  return mean_over_cases(
      cases, k, [k](const CaseTally& one) { return share_of_draws(one.passed, one.runs, k); });
}

double pass_at_k(std::span<const CaseTally> cases, std::int64_t k) {
  return mean_over_cases(cases, k, [k](const CaseTally& one) {
    return 1 - share_of_draws(one.runs - one.passed, one.runs, k);
  });
}

}  // namespace plimsoll::objectives
