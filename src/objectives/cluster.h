#pragma once

#include <cstdint>
#include <span>

#include "objectives/proportion.h"

/// Rates over cases that were run several times, or that do not weigh the same.
/// Repeats of one case are alike, so they tell less than their number says.
/// Source: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640), appendix A;
/// Korn and Graubard, "Confidence intervals for proportions with small expected
/// number of positive counts estimated from survey data" (1998).
namespace plimsoll::objectives {

/// The runs of one case.
struct CaseTally {
  std::int64_t passed = 0;
  std::int64_t runs = 0;
  double weight = 1;  // > 0; each run of the case carries it
};

struct ClusteredRate {
  double rate = 0;  // weighted
  std::int64_t cases = 0;
  std::int64_t runs = 0;
  double standard_error = 0;  // over cases, with the factor C/(C-1)
  double design_effect = 1;   // variance over that of as many independent runs
  /// What the sample is worth, for the exact bounds. Equal to the plain count
  /// with one run a case and equal weights. Where few runs differ, repeats cannot
  /// show how alike they are, and count for hardly more than one run a case.
  EffectiveCount effective;
};

/// Cases with runs = 0 are left out. The result does not depend on their order.
ClusteredRate clustered_rate(std::span<const CaseTally> cases);

/// The share of cases that pass k runs in a row: the mean of C(passed, k) / C(runs, k),
/// which is unbiased. Cases with fewer than k runs are left out; k > 0.
double pass_hat_k(std::span<const CaseTally> cases, std::int64_t k);

/// The share of cases that pass at least one of k runs, unbiased.
double pass_at_k(std::span<const CaseTally> cases, std::int64_t k);

}  // namespace plimsoll::objectives
