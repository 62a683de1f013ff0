// Goal: repeats and weights neither inflate the evidence nor depend on order.
// Method: hand-made tallies with known answers; the published tau-bench outcomes,
// rebuilt from its pass^k figures where the reference is at hand.
#include "objectives/cluster.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "objectives/ratio.h"
#include "objectives/reference_values.h"

namespace plimsoll::objectives {
namespace {

TEST(ClusterTest, one_run_a_case_is_the_plain_count) {
  const std::vector<CaseTally> cases = {{1, 1}, {0, 1}, {1, 1}, {1, 1}};
  const ClusteredRate found = clustered_rate(cases);
  EXPECT_EQ(found.rate, 0.75);
  EXPECT_EQ(found.effective.good, 3);
  EXPECT_EQ(found.effective.total, 4);
}

TEST(ClusterTest, identical_repeats_are_worth_one_run_a_case) {
  std::vector<CaseTally> cases(40, CaseTally{5, 5});
  EXPECT_NEAR(clustered_rate(cases).effective.total, 40, 1e-9);
  for (int i = 0; i < 10; ++i) cases.push_back({0, 5});
  const ClusteredRate found = clustered_rate(cases);
  EXPECT_EQ(found.rate, 0.8);
  EXPECT_NEAR(found.effective.total, 50, 1e-9);
  EXPECT_NEAR(found.design_effect, 250.0 / 49, 1e-9);
}

TEST(ClusterTest, a_sample_is_never_worth_more_than_its_runs) {
  const std::vector<CaseTally> cases(30, CaseTally{1, 2});
  EXPECT_LE(clustered_rate(cases).effective.total, 60);
}

TEST(ClusterTest, one_failed_repeat_does_not_make_the_evidence_stronger) {
  std::vector<CaseTally> cases(60, CaseTally{5, 5});
  const double spotless = lower_bound(clustered_rate(cases).effective, {});
  cases[0].passed = 4;
  EXPECT_LT(lower_bound(clustered_rate(cases).effective, {}), spotless);
}

TEST(ClusterTest, weights_move_the_rate_and_shrink_the_sample) {
  const std::vector<CaseTally> cases = {{1, 1, 3}, {0, 1, 1}};
  EXPECT_EQ(clustered_rate(cases).rate, 0.75);
  const std::vector<CaseTally> all = {{1, 1, 3}, {1, 1, 1}};
  EXPECT_NEAR(clustered_rate(all).effective.total, 1.6, 1e-12);
  EXPECT_EQ(clustered_rate(all).rate, 1);
}

TEST(ClusterTest, the_order_of_cases_does_not_matter) {
  std::mt19937 random(7);
  std::vector<CaseTally> cases;
  std::vector<RatioCase> costs;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t runs = 1 + random() % 5;
    const std::int64_t passed = static_cast<std::int64_t>(random() % 100) % (runs + 1);
    cases.push_back({passed, runs, 0.1 * (1 + random() % 7)});
    costs.push_back({0.001 * (1 + random() % 997), static_cast<double>(passed), runs});
  }
  const ClusteredRate before = clustered_rate(cases);
  const auto ratio_before = ratio_of_sums(costs, {});
  const double pass_hat_1 = pass_hat_k(cases, 1);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(cases.begin(), cases.end(), random);
    std::shuffle(costs.begin(), costs.end(), random);
    const ClusteredRate after = clustered_rate(cases);
    EXPECT_EQ(after.rate, before.rate);
    EXPECT_EQ(after.standard_error, before.standard_error);
    EXPECT_EQ(after.effective.total, before.effective.total);
    EXPECT_EQ(pass_hat_k(cases, 1), pass_hat_1);
    EXPECT_EQ(ratio_of_sums(costs, {})->upper, ratio_before->upper);
  }
}

TEST(ClusterTest, pass_hat_k_is_the_unbiased_one) {
  const std::vector<CaseTally> cases = {{4, 4}, {2, 4}, {0, 4}};
  EXPECT_NEAR(pass_hat_k(cases, 1), 0.5, 1e-15);
  EXPECT_NEAR(pass_hat_k(cases, 2), (1 + 1.0 / 6) / 3, 1e-15);
  EXPECT_NEAR(pass_at_k(cases, 2), (1 + 5.0 / 6) / 3, 1e-15);
}

/// The outcomes of tau-bench's gpt-4o airline runs, per task.
std::vector<CaseTally> tau_bench(const nlohmann::json& reference) {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const std::string folder = shared ? shared : PLIMSOLL_SOURCE_DIR "/../shared";
  std::ifstream file(folder + "/data/" + reference["source"].get<std::string>());
  std::map<std::string, CaseTally> tasks;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string task, trial, reward;
    std::getline(fields, task, ',');
    std::getline(fields, trial, ',');
    std::getline(fields, reward, ',');
    CaseTally& tally = tasks[task];
    tally.runs += 1;
    tally.passed += std::stod(reward) > 0.5 ? 1 : 0;
  }
  std::vector<CaseTally> tallies;
  for (const auto& [task, tally] : tasks) tallies.push_back(tally);
  return tallies;
}

TEST(ClusterTest, real_agent_runs_give_the_published_figures) {
  PLIMSOLL_REFERENCE_OR_SKIP(values);
  const auto& wanted = values["tau_bench_gpt4o_airline"];
  const std::vector<CaseTally> tasks = tau_bench(wanted);
  if (tasks.empty()) GTEST_SKIP() << "tau-bench outcomes not here";
  const ClusteredRate found = clustered_rate(tasks);
  EXPECT_EQ(found.runs, 200);
  EXPECT_NEAR(found.rate, 0.42, 1e-12);
  EXPECT_NEAR(found.standard_error, wanted["clustered_se_with_C_over_C_minus_1"], 1e-12);
  EXPECT_NEAR(found.design_effect, wanted["design_effect"], 1e-9);
  const double by_formula = 200 / wanted["design_effect"].get<double>();
  EXPECT_LT(found.effective.total, by_formula);
  EXPECT_GT(found.effective.total, 0.8 * by_formula) << "a little cautious, not more";
  for (int k = 1; k <= 4; ++k) {
    const std::string key = std::to_string(k);
    EXPECT_NEAR(pass_hat_k(tasks, k), wanted["pass_hat_k_unbiased"][key], 1e-12);
    EXPECT_NEAR(pass_at_k(tasks, k), wanted["pass_at_k_unbiased"][key], 1e-12);
  }
}

}  // namespace
}  // namespace plimsoll::objectives
