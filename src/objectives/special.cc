#include "objectives/special.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace plimsoll::objectives {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kTiny = 1e-300;
constexpr int kFractionTermsMax = 1'000'000;
constexpr int kInverseStepsMax = 400;

/// The error of Stirling's formula for log(n!), n > 0: log(n!) less the log of
/// sqrt(2 pi n) (n/e)^n. Below 16 it climbs to where the series is exact.
double stirling_error(double n) noexcept {
  double climbed = 0;
  for (; n < 16; n += 1) climbed += (n + 0.5) * std::log1p(1 / n) - 1;
  constexpr std::array<double, 6> kSeries = {1.0 / 12,   1.0 / 360,  1.0 / 1260,
                                             1.0 / 1680, 1.0 / 1188, 691.0 / 360360};
  const double square = n * n;
  double sum = 0;
  for (auto term = kSeries.rbegin(); term != kSeries.rend(); ++term) sum = *term - sum / square;
  return climbed + sum / n;
}

/// x log(x / m) + m - x without cancellation where x is near m.
double deviance(double x, double m) noexcept {
  if (std::fabs(x - m) >= 0.1 * (x + m)) return x * std::log(x / m) + m - x;
  const double v = (x - m) / (x + m);
  double sum = (x - m) * v;
  double term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// Lentz's method on the continued fraction of I_x(a, b).
double beta_fraction(double a, double b, double x) noexcept {
  const auto away_from_zero = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double value = d;
  for (int term = 1; term <= kFractionTermsMax; ++term) {
    const double m = term;
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    value *= d * c;
    if (std::fabs(d * c - 1) < kEpsilon) break;
  }
  return value;
}

/// x^a (1-x)^b / B(a, b), through the binomial density.
double beta_prefix(double a, double b, double x) noexcept {
  return binomial_density(a, a + b, x) * a * b / (a + b);
}

template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) noexcept {
  double value = 0;
  for (auto c = coefficients.rbegin(); c != coefficients.rend(); ++c) value = value * x + *c;
  return value;
}

/// The root of I_x(a, b) = p for p <= 1/2: Newton's steps, kept inside a bracket.
double lower_quantile(double a, double b, double p) noexcept {
  double low = 0;
  double high = 1;
  double x = a / (a + b);
  for (int step = 0; step < kInverseStepsMax; ++step) {
    const double off = incomplete_beta(a, b, x) - p;
    (off > 0 ? high : low) = x;
    const double slope = beta_prefix(a, b, x) / (x * (1 - x));
    double next = x - off / slope;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (std::fabs(next - x) <= kEpsilon * x || next == low || next == high) return next;
    x = next;
  }
  return x;
}

}  // namespace

double binomial_density(double k, double n, double x) noexcept {
  if (x <= 0) return k == 0 ? 1 : 0;
  if (x >= 1) return k == n ? 1 : 0;
  if (k == 0) return std::exp(n * std::log1p(-x));
  if (k == n) return std::exp(n * std::log(x));
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
                          deviance(k, n * x) - deviance(n - k, n * (1 - x));
  return std::exp(exponent) * std::sqrt(n / (2 * std::numbers::pi * k * (n - k)));
}

double incomplete_beta(double a, double b, double x) noexcept {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x <= (a + 1) / (a + b + 2)) return beta_prefix(a, b, x) * beta_fraction(a, b, x) / a;
  return 1 - beta_prefix(b, a, 1 - x) * beta_fraction(b, a, 1 - x) / b;
}

double inverse_incomplete_beta(double a, double b, double p) noexcept {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  if (p > 0.5) return 1 - lower_quantile(b, a, 1 - p);
  return lower_quantile(a, b, p);
}

double normal_quantile(double p) noexcept {
  static constexpr std::array<double, 8> kA = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                               1.9715909503065514427e3, 1.3731693765509461125e4,
                                               4.5921953931549871457e4, 6.7265770927008700853e4,
                                               3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr std::array<double, 8> kB = {1.0,
                                               4.2313330701600911252e1,
                                               6.8718700749205790830e2,
                                               5.3941960214247511077e3,
                                               2.1213794301586595867e4,
                                               3.9307895800092710610e4,
                                               2.8729085735721942674e4,
                                               5.2264952788528545610e3};
  static constexpr std::array<double, 8> kC = {
      1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
      3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> kD = {1.0,
                                               2.05319162663775882187e0,
                                               1.67638483018380384940e0,
                                               6.89767334985100004550e-1,
                                               1.48103976427480074590e-1,
                                               1.51986665636164571966e-2,
                                               5.47593808499534494600e-4,
                                               1.05075007164441684324e-9};
  static constexpr std::array<double, 8> kE = {
      6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> kF = {1.0,
                                               5.99832206555887937690e-1,
                                               1.36929880922735805310e-1,
                                               1.48753612908506148525e-2,
                                               7.86869131145613259100e-4,
                                               1.84631831751005468180e-5,
                                               1.42151175831644588870e-7,
                                               2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kA, r) / polynomial(kB, r);
  }
  const double tail = std::sqrt(-std::log(std::min(p, 1 - p)));
  const double z = tail <= 5 ? polynomial(kC, tail - 1.6) / polynomial(kD, tail - 1.6)
                             : polynomial(kE, tail - 5) / polynomial(kF, tail - 5);
  return q < 0 ? -z : z;
}

double normal_probability(double z) noexcept { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace plimsoll::objectives
