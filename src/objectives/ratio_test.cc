// Goal: cost per resolution is a ratio of sums with honest bounds.
// Method: a hand-made sample with known ratio and delta-method error; traps.
#include "objectives/ratio.h"

#include <vector>

#include <gtest/gtest.h>

#include "objectives/reference_values.h"

namespace plimsoll::objectives {
namespace {

TEST(RatioTest, ratio_and_error_agree_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  const auto& row = values["cost_per_resolution_ratio"];
  std::vector<RatioCase> cases;
  for (std::size_t i = 0; i < row["cost"].size(); ++i) {
    cases.push_back({.cost = row["cost"][i], .resolved = row["resolved"][i]});
  }
  const auto found = ratio_of_sums(cases, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->ratio, row["ratio"], 1e-15);
  EXPECT_NEAR(found->standard_error, row["delta_method_se"], 1e-15);
}

TEST(RatioTest, failed_runs_are_paid_for_by_the_resolved_ones) {
  const std::vector<RatioCase> cases = {{10, 1}, {10, 0}, {10, 1}, {10, 0}};
  EXPECT_EQ(ratio_of_sums(cases, {})->ratio, 20);
}

TEST(RatioTest, nothing_resolved_is_undefined_and_not_zero) {
  const std::vector<RatioCase> cases = {{10, 0}, {12, 0}};
  EXPECT_FALSE(ratio_of_sums(cases, {}).has_value());
  EXPECT_FALSE(ratio_of_sums({}, {}).has_value());
}

TEST(RatioTest, too_few_resolved_ones_have_no_upper_bound) {
  const std::vector<RatioCase> cases = {{10, 1}, {10, 0}, {10, 0}, {10, 0}, {10, 0}};
  const auto found = ratio_of_sums(cases, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->upper.has_value());
}

TEST(RatioTest, a_spotless_sample_still_has_an_uncertain_cost) {
  const std::vector<RatioCase> cases(59, RatioCase{.cost = 19, .resolved = 1});
  const auto found = ratio_of_sums(cases, {});
  EXPECT_EQ(found->ratio, 19);
  EXPECT_NEAR(*found->upper, 19 / 0.950492, 1e-4) << "over the exact bound of 59/59";
}

TEST(RatioTest, the_bounds_enclose_the_ratio) {
  std::vector<RatioCase> cases;
  for (int i = 0; i < 100; ++i) {
    cases.push_back({.cost = 10.0 + i % 7, .resolved = i % 10 == 0 ? 0.0 : 1.0});
  }
  const auto found = ratio_of_sums(cases, {});
  EXPECT_LT(found->lower, found->ratio);
  EXPECT_GT(*found->upper, found->ratio);
  EXPECT_LT(*found->upper, found->ratio * 1.1);
  EXPECT_GT(found->lower, found->ratio * 0.9);
}

}  // namespace
}  // namespace plimsoll::objectives
