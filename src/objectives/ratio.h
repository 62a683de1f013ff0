#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "objectives/proportion.h"

/// Ratios of sums, such as cost per resolution: all that was spent, divided by
/// what was resolved. Never a mean of ratios.
namespace plimsoll::objectives {

/// What one case brought, all its runs together: they are not independent.
struct RatioCase {
  double cost = 0;      // any unit
  double resolved = 0;  // how many runs were resolved
  std::int64_t runs = 1;
};

struct RatioEstimate {
  double ratio = 0;
  double standard_error = 0;  // delta method, over cases
  /// The one-sided bound; empty when so little was resolved that no bound exists.
  std::optional<double> upper;
  /// The one-sided bound of the other side, for refuting.
  double lower = 0;
};

/// Cases a bound needs before the normal approximation in it is fair.
inline constexpr std::int64_t kRatioCasesMin = 30;

/// Empty when nothing was resolved: the ratio is then undefined, not 0. The
/// bounds are Fieller's (1954), each one-sided; `upper` is not below mean cost over the
/// exact lower bound of the resolved share, so a sample without a single failure
/// does not pretend to have no uncertainty. Does not depend on the order.
std::optional<RatioEstimate> ratio_of_sums(std::span<const RatioCase> cases, Confidence one_sided);

}  // namespace plimsoll::objectives
