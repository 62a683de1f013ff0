// Goal: intervals, bounds and sample sizes are the published ones.
// Method: Newcombe's printed table and closed forms always; scipy's figures where
// the shared reference file is at hand.
#include "objectives/proportion.h"

#include <cmath>

#include <gtest/gtest.h>

#include "objectives/reference_values.h"

namespace plimsoll::objectives {
namespace {

constexpr Confidence k95{0.95};

void expect_interval(Interval found, double lower, double upper, double by) {
  EXPECT_NEAR(found.lower, lower, by);
  EXPECT_NEAR(found.upper, upper, by);
}

// Newcombe 1998, Statistics in Medicine 17:857, table I, four decimals.
TEST(ProportionTest, intervals_are_those_newcombe_printed) {
  expect_interval(wilson(Count{81, 263}, k95), 0.2553, 0.3662, 5e-5);
  expect_interval(wilson(Count{15, 148}, k95), 0.0624, 0.1605, 5e-5);
  expect_interval(wilson(Count{0, 20}, k95), 0, 0.1611, 5e-5);
  expect_interval(wilson(Count{1, 29}, k95), 0.0061, 0.1718, 5e-5);
  expect_interval(clopper_pearson(Count{81, 263}, k95), 0.2527, 0.3676, 5e-5);
  expect_interval(clopper_pearson(Count{15, 148}, k95), 0.0578, 0.1617, 5e-5);
  expect_interval(clopper_pearson(Count{0, 20}, k95), 0, 0.1684, 5e-5);
  expect_interval(clopper_pearson(Count{1, 29}, k95), 0.0009, 0.1776, 5e-5);
}

TEST(ProportionTest, every_interval_agrees_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  for (const auto& row : values["binomial_ci_95_two_sided"]) {
    const Count count{row["k"], row["n"]};
    SCOPED_TRACE(row.dump());
    const auto expect = [&](const char* name, Interval found) {
      expect_interval(found, row[name][0], row[name][1], 1e-12);
    };
    expect("wilson", wilson(count, k95));
    expect("clopper_pearson", clopper_pearson(count, k95));
    expect("agresti_coull", agresti_coull(count, k95));
    expect("jeffreys", jeffreys(count, k95));
  }
}

TEST(ProportionTest, one_sided_bounds_agree_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  for (const auto& row : values["binomial_lower_95_one_sided_clopper_pearson"]) {
    EXPECT_NEAR(lower_bound(Count{row["k"], row["n"]}, k95), row["lower"].get<double>(), 1e-12);
  }
}

TEST(ProportionTest, sample_sizes_agree_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  const auto& table = values["min_n_to_show_rate_at_least_p0_with_k_failures_95"];
  for (const auto& [p0, sizes] : table.items()) {
    for (std::size_t failures = 0; failures < sizes.size(); ++failures) {
      const ProportionTarget target{.at_least = std::stod(p0)};
      EXPECT_EQ(sample_needed(target, static_cast<std::int64_t>(failures)), sizes[failures]);
    }
  }
}

TEST(ProportionTest, a_perfect_sample_has_the_closed_form_bound) {
  for (const std::int64_t n : {1, 5, 59, 299, 100'000}) {
    const double wanted = std::pow(0.05, 1.0 / static_cast<double>(n));
    EXPECT_NEAR(lower_bound(Count{n, n}, k95), wanted, 1e-13) << n;
    EXPECT_EQ(upper_bound(Count{n, n}, k95), 1);
    EXPECT_NEAR(upper_bound(Count{0, n}, k95), 1 - wanted, 1e-13);
  }
}

TEST(ProportionTest, a_perfect_small_sample_is_never_certain) {
  EXPECT_NEAR(wilson(Count{5, 5}, k95).lower, 0.5655, 5e-5) << "the trap of mean and deviation";
  EXPECT_NEAR(wilson(Count{20, 20}, k95).lower, 0.8389, 5e-5);
  expect_interval(wilson(Count{0, 0}, k95), 0, 1, 0);
  expect_interval(jeffreys(Count{0, 0}, k95), 0, 1, 0);
}

TEST(ProportionTest, a_verdict_changes_exactly_at_the_published_sample_size) {
  const ProportionTarget target{.at_least = 0.95};
  EXPECT_EQ(judge(Count{58, 58}, target), Finding::undecided);
  EXPECT_EQ(judge(Count{59, 59}, target), Finding::shown);
  EXPECT_EQ(judge(Count{91, 92}, target), Finding::undecided);
  EXPECT_EQ(judge(Count{92, 93}, target), Finding::shown);
  EXPECT_EQ(judge(Count{80, 100}, target), Finding::refuted);
  EXPECT_EQ(judge(Count{0, 0}, target), Finding::undecided);
  EXPECT_EQ(judge(Count{10, 10}, ProportionTarget{.at_least = 0}), Finding::shown);
}

TEST(ProportionTest, a_target_of_one_is_refuted_by_one_failure_and_never_shown) {
  const ProportionTarget target{.at_least = 1};
  EXPECT_EQ(judge(Count{1000, 1000}, target), Finding::undecided);
  EXPECT_EQ(judge(Count{999, 1000}, target), Finding::refuted);
  EXPECT_FALSE(sample_needed(target, 0).has_value());
}

TEST(ProportionTest, further_runs_reach_the_verdict_they_promise) {
  const ProportionTarget target{.at_least = 0.95};
  const FurtherRuns more = further_runs(Count{57, 58}, target);
  ASSERT_TRUE(more.if_all_pass.has_value());
  EXPECT_EQ(*more.if_all_pass, 93 - 58);
  EXPECT_EQ(judge(Count{57 + *more.if_all_pass, 58 + *more.if_all_pass}, target), Finding::shown);
  ASSERT_TRUE(more.at_observed_rate.has_value());
  EXPECT_GT(*more.at_observed_rate, *more.if_all_pass);
  EXPECT_LT(*more.at_observed_rate, 400);
}

TEST(ProportionTest, a_rate_below_the_target_promises_no_number) {
  const FurtherRuns more = further_runs(Count{47, 50}, ProportionTarget{.at_least = 0.95});
  EXPECT_TRUE(more.if_all_pass.has_value());
  EXPECT_FALSE(more.at_observed_rate.has_value());
}

// The guarantee itself, by the exact distribution: a product at the target is
// passed wrongly in at most 5 % of all samples.
TEST(ProportionTest, a_product_at_its_target_is_rarely_waved_through) {
  for (const std::int64_t n : {59, 93, 200}) {
    const ProportionTarget target{.at_least = 0.95};
    double wrongly = 0;
    double chance = std::pow(0.95, static_cast<double>(n));  // of no failure
    for (std::int64_t bad = 0; bad <= n; ++bad) {
      if (judge(Count{n - bad, n}, target) == Finding::shown) wrongly += chance;
      chance *= static_cast<double>(n - bad) / static_cast<double>(bad + 1) * 0.05 / 0.95;
    }
    EXPECT_LE(wrongly, 0.05) << n;
    EXPECT_GT(wrongly, 0.02) << "and it is not needlessly strict";
  }
}

}  // namespace
}  // namespace plimsoll::objectives
