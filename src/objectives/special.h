#pragma once

/// The special functions that the intervals stand on, to double precision. Pure.
namespace plimsoll::objectives {

/// C(n, k) x^k (1-x)^(n-k) for real 0 <= k <= n, n > 0 and 0 <= x <= 1. Loader's
/// saddle-point form ("Fast and Accurate Computation of Binomial Probabilities",
/// 2000): no cancellation of large log-gammas, so it holds its digits for any n.
double binomial_density(double k, double n, double x) noexcept;

/// The regularised incomplete beta function I_x(a, b) for a, b > 0 and x in
/// [0, 1], by the continued fraction DLMF 8.17.22 on the side where it converges.
double incomplete_beta(double a, double b, double x) noexcept;

/// The x with I_x(a, b) = p, for a, b > 0 and p in [0, 1].
double inverse_incomplete_beta(double a, double b, double p) noexcept;

/// The z with P(Z <= z) = p of the standard normal, p in (0, 1): Wichura's AS 241.
double normal_quantile(double p) noexcept;

/// P(Z <= z) of the standard normal.
double normal_probability(double z) noexcept;

}  // namespace plimsoll::objectives
