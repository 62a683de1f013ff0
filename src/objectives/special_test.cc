// Goal: the special functions hold double precision, also where n is large.
// Method: closed forms, symmetries and round trips; figures of published tables.
#include "objectives/special.h"

#include <cmath>

#include <gtest/gtest.h>

#include "objectives/reference_values.h"

namespace plimsoll::objectives {
namespace {

void expect_close(double found, double wanted, double relative = 1e-13) {
  EXPECT_NEAR(found, wanted, relative * std::fabs(wanted)) << "wanted " << wanted;
}

TEST(SpecialTest, incomplete_beta_agrees_with_its_closed_forms) {
  for (const double x : {1e-9, 0.01, 0.3, 0.5, 0.77, 0.999}) {
    expect_close(incomplete_beta(1, 1, x), x);
    expect_close(incomplete_beta(3, 1, x), x * x * x);
    expect_close(incomplete_beta(1, 5, x), -std::expm1(5 * std::log1p(-x)));
    expect_close(incomplete_beta(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)));
  }
}

TEST(SpecialTest, incomplete_beta_equals_the_binomial_sum) {
  double sum = 0;
  for (int k = 0; k <= 83; ++k) sum += binomial_density(k, 10'000, 0.01);
  expect_close(incomplete_beta(10'000 - 83, 84, 0.99), sum, 1e-12);
}

TEST(SpecialTest, binomial_density_is_exact_for_small_and_sums_to_one_for_large) {
  expect_close(binomial_density(3, 10, 0.5), 120.0 / 1024);
  expect_close(binomial_density(0, 4, 0.25), 81.0 / 256);
  expect_close(binomial_density(2, 4, 0.25), 6 * 9.0 / 256);
  double sum = 0;
  for (int k = 0; k <= 5000; ++k) sum += binomial_density(k, 5000, 0.37);
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(SpecialTest, inverse_incomplete_beta_goes_back) {
  for (const double a : {0.5, 1.0, 7.0, 46.0, 9918.0}) {
    for (const double b : {0.5, 1.0, 6.0, 83.0}) {
      for (const double p : {1e-6, 0.025, 0.05, 0.5, 0.95, 0.999}) {
        expect_close(incomplete_beta(a, b, inverse_incomplete_beta(a, b, p)), p, 1e-9);
      }
    }
  }
  EXPECT_EQ(inverse_incomplete_beta(2, 3, 0), 0);
  EXPECT_EQ(inverse_incomplete_beta(2, 3, 1), 1);
}

TEST(SpecialTest, normal_quantile_agrees_with_tables_and_goes_back) {
  expect_close(normal_quantile(0.975), 1.959963984540054, 1e-15);
  expect_close(normal_quantile(0.95), 1.6448536269514722, 1e-15);
  EXPECT_EQ(normal_quantile(0.5), 0);
  for (const double p : {1e-300, 1e-20, 1e-9, 0.001, 0.2, 0.6, 0.99}) {
    expect_close(normal_probability(normal_quantile(p)), p, 1e-11);
  }
}

TEST(SpecialTest, normal_quantile_agrees_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  for (const auto& [p, z] : values["z"].items()) {
    expect_close(normal_quantile(std::stod(p)), z.get<double>(), 1e-15);
  }
}

}  // namespace
}  // namespace plimsoll::objectives
