#include "objectives/proportion.h"

#include <algorithm>
#include <cmath>

#include "objectives/special.h"

namespace plimsoll::objectives {
namespace {

/// No plan for more runs than this is worth printing.
constexpr std::int64_t kRunsMax = 1'000'000'000;

EffectiveCount effective(Count count) noexcept {
  return {static_cast<double>(count.good), static_cast<double>(count.total)};
}

Interval clipped(double lower, double upper) noexcept {
  return {std::max(0.0, lower), std::min(1.0, upper)};
}

double two_sided_z(Confidence confidence) noexcept {
  return normal_quantile(0.5 + confidence.level / 2);
}

/// P(at most `failures` bad ones in n | share of good ones = p); both may be real.
double chance_of_so_few(double failures, double n, double p) noexcept {
  if (failures >= n) return 1;
  return incomplete_beta(n - failures, failures + 1, p);
}

/// The smallest n > `above` where `holds`, which must be monotone; empty beyond
/// kRunsMax.
template <class Predicate>
std::optional<std::int64_t> first_n(std::int64_t above, Predicate holds) noexcept {
  std::int64_t low = above;
  std::int64_t high = above + 1;
  while (!holds(high)) {
    if (high > kRunsMax) return std::nullopt;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (holds(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace

Interval wilson(EffectiveCount count, Confidence confidence) noexcept {
  if (count.total <= 0) return {};
  const double z = two_sided_z(confidence);
  const double n = count.total;
  const double p = count.good / n;
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  const double centre = p + z * z / (2 * n);
  // At the ends the formula gives exactly 0 and 1; rounding may not say otherwise.
  const double lower = count.good <= 0 ? 0.0 : (centre - spread) / scale;
  const double upper = count.good >= n ? 1.0 : (centre + spread) / scale;
  return clipped(lower, upper);
}

Interval wilson(Count count, Confidence confidence) noexcept {
  return wilson(effective(count), confidence);
}

double lower_bound(EffectiveCount count, Confidence confidence) noexcept {
  if (count.good <= 0 || count.total <= 0) return 0;
  return inverse_incomplete_beta(count.good, std::max(0.0, count.total - count.good) + 1,
                                 1 - confidence.level);
}

double upper_bound(EffectiveCount count, Confidence confidence) noexcept {
  if (count.total <= 0 || count.good >= count.total) return 1;
  return 1 - lower_bound(EffectiveCount{count.total - count.good, count.total}, confidence);
}

double lower_bound(Count count, Confidence confidence) noexcept {
  return lower_bound(effective(count), confidence);
}

double upper_bound(Count count, Confidence confidence) noexcept {
  return upper_bound(effective(count), confidence);
}

Interval clopper_pearson(Count count, Confidence confidence) noexcept {
  const Confidence each{0.5 + confidence.level / 2};
  return {lower_bound(count, each), upper_bound(count, each)};
}

Interval agresti_coull(Count count, Confidence confidence) noexcept {
  if (count.total == 0) return {};
  const double z = two_sided_z(confidence);
  const double n = static_cast<double>(count.total) + z * z;
  const double p = (static_cast<double>(count.good) + z * z / 2) / n;
  const double spread = z * std::sqrt(p * (1 - p) / n);
  return clipped(p - spread, p + spread);
}

Interval jeffreys(Count count, Confidence confidence) noexcept {
  if (count.total == 0) return {};
  const double tail = (1 - confidence.level) / 2;
  const double a = static_cast<double>(count.good) + 0.5;
  const double b = static_cast<double>(count.total - count.good) + 0.5;
  return {inverse_incomplete_beta(a, b, tail), 1 - inverse_incomplete_beta(b, a, tail)};
}

Finding judge(EffectiveCount count, ProportionTarget target) noexcept {
  const Confidence confidence{target.confidence};
  // The bound is a quantile found by steps; the test below is the same statement
  // without its rounding.
  const double bad = count.total - count.good;
  if (count.total > 0 &&
      chance_of_so_few(bad, count.total, target.at_least) <= 1 - confidence.level) {
    return Finding::shown;
  }
  if (upper_bound(count, confidence) < target.at_least) return Finding::refuted;
  return Finding::undecided;
}

Finding judge(Count count, ProportionTarget target) noexcept {
  return judge(effective(count), target);
}

std::optional<std::int64_t> sample_needed(ProportionTarget target, std::int64_t failures) noexcept {
  if (target.at_least >= 1) return std::nullopt;
  if (target.at_least <= 0) return failures + 1;
  const auto enough = [&](std::int64_t n) {
    return chance_of_so_few(static_cast<double>(failures), static_cast<double>(n),
                            target.at_least) <= 1 - target.confidence;
  };
  return first_n(failures, enough);
}

FurtherRuns further_runs(Count count, ProportionTarget target) noexcept {
  FurtherRuns more;
  const auto beyond = [&](std::optional<std::int64_t> n) -> std::optional<std::int64_t> {
    if (!n) return std::nullopt;
    return std::max<std::int64_t>(0, *n - count.total);
  };
  more.if_all_pass = beyond(sample_needed(target, count.total - count.good));
  const double bad_share = count.total == 0 ? 0 : 1 - count.rate();
  if (target.at_least >= 1 || bad_share >= 1 - target.at_least) return more;
  const auto enough = [&](std::int64_t n) {
    const double size = static_cast<double>(n);
    return chance_of_so_few(bad_share * size, size, target.at_least) <= 1 - target.confidence;
  };
  more.at_observed_rate = beyond(first_n(count.total, enough));
  return more;
}

}  // namespace plimsoll::objectives
