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
  double case_weight_square = 0;
  double case_weight = 0;
  bool plain = true;  // one run a case, one weight
};

Sums sums_of(std::span<const CaseTally> cases) {
  Sums sums;
  for (const CaseTally& one : cases) {
    const double runs = static_cast<double>(one.runs);
    sums.weight += one.weight * runs;
    sums.weight_square += one.weight * one.weight * runs;
    sums.passed += one.weight * static_cast<double>(one.passed);
    sums.case_weight += one.weight;
    sums.case_weight_square += one.weight * one.weight;
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

double effective_runs(const ClusteredRate& found, const Sums& sums, double variance) {
  // Kish: what the cases are worth with these weights, one run each.
  const double by_cases = sums.case_weight * sums.case_weight / sums.case_weight_square;
  if (variance <= 0) return by_cases;
  const double by_runs = sums.weight * sums.weight / sums.weight_square;
  return std::min(found.rate * (1 - found.rate) / variance, by_runs);
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
  const double worth = effective_runs(found, sums, variance);
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
