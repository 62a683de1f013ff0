// Goal: quantiles are within 0.1 % of the exact ones, and merging changes nothing.
// Method: random values over nine orders of magnitude against a sorted vector.
#include "objectives/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "objectives/percentile.h"

namespace plimsoll::objectives {
namespace {

std::vector<std::int64_t> wide_values(unsigned seed, int count) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> spread(15, 4);
  std::vector<std::int64_t> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<std::int64_t>(spread(random)));
  return values;
}

TEST(HistogramTest, every_quantile_is_within_a_thousandth) {
  std::vector<std::int64_t> values = wide_values(1, 50'000);
  Histogram histogram;
  for (const std::int64_t value : values) histogram.add(value);
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    const auto rank = nearest_rank(static_cast<std::int64_t>(values.size()), q);
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(rank - 1)]);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(q)), exact, exact * 0.001) << q;
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.percentile(1), values.back());
  EXPECT_EQ(histogram.percentile(0), values.front());
}

TEST(HistogramTest, small_values_are_exact) {
  for (std::int64_t value = 0; value < 1024; ++value) {
    Histogram one;
    one.add(0);
    one.add(value, 3);
    one.add(5000);
    EXPECT_EQ(one.percentile(0.5), value);
  }
}

TEST(HistogramTest, neighbouring_buckets_leave_no_gap) {
  for (int bit = 3; bit < 62; ++bit) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + off;
      Histogram one;
      one.add(0);
      one.add(value);
      one.add(std::numeric_limits<std::int64_t>::max());
      const auto found = static_cast<double>(one.percentile(0.5));
      EXPECT_NEAR(found, static_cast<double>(value), 0.001 * static_cast<double>(value));
    }
  }
}

TEST(HistogramTest, merged_parts_equal_the_whole) {
  Histogram whole, left, right;
  const std::vector<std::int64_t> values = wide_values(2, 10'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(values[i]);
    (i % 3 == 0 ? left : right).add(values[i]);
  }
  right.merge(left);
  EXPECT_EQ(right.count(), whole.count());
  EXPECT_EQ(right.min(), whole.min());
  EXPECT_EQ(right.max(), whole.max());
  EXPECT_NEAR(right.mean(), whole.mean(), whole.mean() * 1e-12);
  for (double q = 0; q <= 1; q += 0.01) EXPECT_EQ(right.percentile(q), whole.percentile(q));
}

TEST(HistogramTest, counts_what_is_above_a_limit) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 1000; ++value) histogram.add(value);
  EXPECT_EQ(histogram.count_above(990), 10U);
  EXPECT_EQ(histogram.count_above(1000), 0U);
  EXPECT_EQ(histogram.count_above(-1), 1000U);
}

TEST(HistogramTest, an_empty_one_answers_zero_and_merges_as_nothing) {
  Histogram empty, one;
  one.add(7);
  one.merge(empty);
  EXPECT_EQ(one.min(), 7);
  EXPECT_EQ(empty.percentile(0.99), 0);
  empty.merge(one);
  EXPECT_EQ(empty.max(), 7);
}

TEST(HistogramTest, a_negative_value_counts_as_zero) {
  Histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.count(), 1U);
}

}  // namespace
}  // namespace plimsoll::objectives
