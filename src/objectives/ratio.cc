#include "objectives/ratio.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "objectives/cluster.h"
#include "objectives/special.h"

namespace plimsoll::objectives {
namespace {

/// Means over cases, and the variances and covariance of these means.
struct Moments {
  double cost = 0, resolved = 0;
  double var_cost = 0, var_resolved = 0, covariance = 0;
};

Moments moments_of(std::span<const RatioCase> cases) {
  const double n = static_cast<double>(cases.size());
  Moments m;
  for (const RatioCase& one : cases) {
    m.cost += one.cost;
    m.resolved += one.resolved;
  }
  m.cost /= n;
  m.resolved /= n;
  if (cases.size() < 2) return m;
  const double scale = 1 / (n * (n - 1));
  for (const RatioCase& one : cases) {
    const double cost = one.cost - m.cost;
    const double resolved = one.resolved - m.resolved;
    m.var_cost += cost * cost * scale;
    m.var_resolved += resolved * resolved * scale;
    m.covariance += cost * resolved * scale;
  }
  return m;
}

/// The roots of (cost - r resolved)^2 = z^2 var(cost - r resolved); empty when the
/// share of resolved ones is not told apart from 0.
std::optional<Interval> fieller(const Moments& m, double z) {
  const double a = m.resolved * m.resolved - z * z * m.var_resolved;
  if (a <= 0) return std::nullopt;
  const double half_b = m.cost * m.resolved - z * z * m.covariance;
  const double c = m.cost * m.cost - z * z * m.var_cost;
  const double root = std::sqrt(std::max(0.0, half_b * half_b - a * c));
  return Interval{std::max(0.0, (half_b - root) / a), (half_b + root) / a};
}

/// Mean cost of a run over the exact lower bound of the resolved share.
double cautious_bound(std::span<const RatioCase> cases, Confidence one_sided) {
  std::vector<CaseTally> tallies;
  double cost = 0;
  double runs = 0;
  for (const RatioCase& one : cases) {
    tallies.push_back({.passed = std::llround(one.resolved), .runs = one.runs});
    cost += one.cost;
    runs += static_cast<double>(one.runs);
  }
  const double share = lower_bound(clustered_rate(tallies).effective, one_sided);
  return cost / runs / share;
}

}  // namespace

std::optional<RatioEstimate> ratio_of_sums(std::span<const RatioCase> unsorted,
                                           Confidence one_sided) {
  std::vector<RatioCase> cases(unsorted.begin(), unsorted.end());
  std::sort(cases.begin(), cases.end(), [](const RatioCase& a, const RatioCase& b) {
    return std::tie(a.cost, a.resolved, a.runs) < std::tie(b.cost, b.resolved, b.runs);
  });
  const Moments m = moments_of(cases);
  if (!(m.resolved > 0)) return std::nullopt;
  RatioEstimate found;
  found.ratio = m.cost / m.resolved;
  const double variance =
      m.var_cost + found.ratio * found.ratio * m.var_resolved - 2 * found.ratio * m.covariance;
  found.standard_error = std::sqrt(std::max(0.0, variance)) / m.resolved;
  if (const auto roots = fieller(m, normal_quantile(one_sided.level))) {
    found.upper = std::max(roots->upper, cautious_bound(cases, one_sided));
    found.lower = roots->lower;
  }
  return found;
}

}  // namespace plimsoll::objectives
