// Goal: percentile verdicts need the published sample sizes and ranks.
// Method: the well-known 59 and 299 always; scipy's tables where at hand.
#include "objectives/percentile.h"

#include <gtest/gtest.h>

#include "objectives/reference_values.h"

namespace plimsoll::objectives {
namespace {

TEST(PercentileTest, p95_needs_59_and_p99_needs_299_samples) {
  EXPECT_EQ(minimum_sample({.quantile = 0.95}), 59);
  EXPECT_EQ(minimum_sample({.quantile = 0.99}), 299);
  EXPECT_EQ(judge(Count{58, 58}, PercentileTarget{.quantile = 0.95}), Finding::undecided);
  EXPECT_EQ(judge(Count{59, 59}, PercentileTarget{.quantile = 0.95}), Finding::shown);
}

TEST(PercentileTest, p99_over_a_thousand_allows_four_and_over_ten_thousand_83) {
  EXPECT_EQ(exceedances_allowed(1000, {.quantile = 0.99}), 4);
  EXPECT_EQ(exceedances_allowed(10'000, {.quantile = 0.99}), 83);
  EXPECT_FALSE(exceedances_allowed(298, {.quantile = 0.99}).has_value());
  EXPECT_EQ(judge(Count{996, 1000}, PercentileTarget{.quantile = 0.99}), Finding::shown);
  EXPECT_EQ(judge(Count{995, 1000}, PercentileTarget{.quantile = 0.99}), Finding::undecided);
  EXPECT_EQ(judge(Count{970, 1000}, PercentileTarget{.quantile = 0.99}), Finding::refuted);
}

TEST(PercentileTest, the_upper_rank_and_the_verdict_agree_everywhere) {
  for (std::int64_t n = 1; n <= 700; ++n) {
    const PercentileTarget target{.quantile = 0.95};
    const std::int64_t allowed = exceedances_allowed(n, target).value_or(-1);
    if (allowed >= 0) EXPECT_EQ(judge(Count{n - allowed, n}, target), Finding::shown) << n;
    if (allowed < n) EXPECT_NE(judge(Count{n - allowed - 1, n}, target), Finding::shown) << n;
  }
}

TEST(PercentileTest, nearest_rank_is_not_fooled_by_binary_fractions) {
  EXPECT_EQ(nearest_rank(100, 0.95), 95);
  EXPECT_EQ(nearest_rank(1000, 0.999), 999);
  EXPECT_EQ(nearest_rank(10, 0.95), 10);
  EXPECT_EQ(nearest_rank(1, 0.5), 1);
  EXPECT_EQ(nearest_rank(4, 0), 1);
}

TEST(PercentileTest, order_statistic_intervals_agree_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  for (const auto& row : values["quantile_order_stat_ci_95_equal_tail"]) {
    SCOPED_TRACE(row.dump());
    const RankInterval found = quantile_ranks(row["n"], {.quantile = row["p"]});
    if (row["l"].is_null())
      EXPECT_FALSE(found.lower.has_value());
    else
      EXPECT_EQ(found.lower, row["l"].get<std::int64_t>());
    if (row["u"].is_null())
      EXPECT_FALSE(found.upper.has_value());
    else
      EXPECT_EQ(found.upper, row["u"].get<std::int64_t>());
  }
}

TEST(PercentileTest, one_sided_ranks_agree_with_the_reference) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  for (const auto& row : values["quantile_upper_bound_rank_95_one_sided"]) {
    SCOPED_TRACE(row.dump());
    const auto found = upper_rank(row["n"], {.quantile = row["p"]});
    if (row["rank"].is_null())
      EXPECT_FALSE(found.has_value());
    else
      EXPECT_EQ(found, row["rank"].get<std::int64_t>());
  }
}

TEST(PercentileTest, discarded_observations_need_the_reference_sample) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  const auto& table = values["min_n_upper_conf_bound_of_quantile_95_when_k_larger_obs_discarded"];
  for (const auto& [p, sizes] : table.items()) {
    for (std::size_t over = 0; over < sizes.size(); ++over) {
      const auto n = sizes[over].get<std::int64_t>();
      EXPECT_EQ(exceedances_allowed(n, {.quantile = std::stod(p)}),
                static_cast<std::int64_t>(over));
      EXPECT_LT(exceedances_allowed(n - 1, {.quantile = std::stod(p)}).value_or(-1),
                static_cast<std::int64_t>(over));
    }
  }
}

}  // namespace
}  // namespace plimsoll::objectives
