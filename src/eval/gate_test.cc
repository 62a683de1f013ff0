// Goal: a gate says pass only when the promise is shown, and says what is missing.
// Method: made-up result files with known figures, judged objective by objective.
#include "eval/gate.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace plimsoll::eval {
namespace {

using std::chrono::milliseconds;

struct Script {
  std::int64_t cases = 60, runs = 1;
  std::int64_t wrong = 0;  // of the first run: cases answered wrongly
  std::int64_t slow = 0;   // of the first run: cases that took 5 s
};

RunRecord record_of(const Script& script) {
  RunRecord record;
  record.header = {.feature = "bot",
                   .subject = "test",
                   .dataset = "g.jsonl",
                   .dataset_hash = "h",
                   .cases = script.cases,
                   .runs = script.runs};
  for (std::int64_t run = 0; run < script.runs; ++run) {
    for (std::int64_t i = 0; i < script.cases; ++i) {
      Row row;
      row.case_id = "c" + std::to_string(i);
      row.run = run;
      row.passed = run > 0 || i >= script.wrong;
      row.scores = {{"equals", row.passed, row.passed ? "" : "wanted a"}};
      row.outcome.answer = {.text = "a", .finish = Finish::stop};
      row.outcome.duration = milliseconds(run == 0 && i < script.slow ? 5000 : 100);
      row.outcome.usage = Usage{.input = 100, .output = 10};
      row.outcome.cost = Money{2'000'000};
      record.rows.push_back(row);
    }
  }
  return record;
}

Feature feature_with(Objectives objectives) {
  Feature feature;
  feature.name = "bot";
  feature.objectives = std::move(objectives);
  return feature;
}

GateReport gate(const RunRecord& record, Objectives objectives, GateContext context = {}) {
  auto report = judge_run(record, feature_with(std::move(objectives)), context);
  EXPECT_TRUE(report.has_value());
  return *report;
}

Objectives accuracy(double at_least) {
  Objectives objectives;
  objectives.accuracy = ProportionTarget{.at_least = at_least};
  return objectives;
}

TEST(GateTest, accuracy_is_judged_on_the_exact_bound_not_on_the_rate) {
  EXPECT_EQ(gate(record_of({.cases = 59}), accuracy(0.95)).ruling, Ruling::pass);
  const GateReport near = gate(record_of({.cases = 58}), accuracy(0.95));
  EXPECT_EQ(near.ruling, Ruling::insufficient);
  EXPECT_EQ(near.lines.at(0).further->if_all_pass, 1);
  EXPECT_EQ(gate(record_of({.cases = 60, .wrong = 10}), accuracy(0.95)).ruling, Ruling::fail);
  EXPECT_NEAR(*near.lines[0].bound, 0.94966, 1e-4);
  EXPECT_NEAR(*near.lines[0].lower, 0.9379, 1e-4) << "Wilson is shown";
}

TEST(GateTest, repeats_of_a_case_are_not_sold_as_new_evidence) {
  const GateReport report = gate(record_of({.cases = 20, .runs = 10}), accuracy(0.95));
  EXPECT_EQ(report.ruling, Ruling::insufficient) << "200 of 200, but only 20 questions";
  EXPECT_NEAR(report.lines.at(0).worth, 20, 1e-9);
  EXPECT_NE(report.lines[0].next.find("new cases"), std::string::npos);
}

TEST(GateTest, percentiles_are_judged_by_counting_and_need_their_sample) {
  Objectives objectives;
  objectives.p95 = milliseconds(1000);
  objectives.p99 = milliseconds(1000);
  const GateReport report = gate(record_of({.cases = 100, .slow = 1}), objectives);
  ASSERT_EQ(report.lines.size(), 2U);
  EXPECT_EQ(report.lines[0].ruling, Ruling::pass) << "one of 100 may be slow";
  EXPECT_EQ(report.lines[0].over_allowed, 1);
  EXPECT_EQ(report.lines[1].ruling, Ruling::insufficient);
  EXPECT_EQ(report.lines[1].n_minimum, 299);
  EXPECT_EQ(report.lines[1].further->if_all_pass, 473 - 100);
  EXPECT_EQ(report.ruling, Ruling::insufficient);
}

TEST(GateTest, a_run_that_was_not_answered_is_beyond_every_limit) {
  Objectives objectives;
  objectives.p95 = milliseconds(1000);
  RunRecord record = record_of({.cases = 100});
  for (std::size_t i = 0; i < 20; ++i) {
    record.rows[i].outcome.error = Error{.kind = ErrorKind::upstream_server_error, .what = "500"};
    record.rows[i].outcome.duration = milliseconds(1);
    record.rows[i].passed = false;
  }
  const GateReport report = gate(record, objectives);
  EXPECT_EQ(report.ruling, Ruling::fail) << "a fast refusal is not a fast answer";
  EXPECT_EQ(report.lines[0].over, 20);
  EXPECT_FALSE(report.lines[0].observed.has_value());
}

TEST(GateTest, first_token_needs_streams) {
  Objectives objectives;
  objectives.first_token_p95 = milliseconds(400);
  RunRecord record = record_of({.cases = 60});
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::insufficient);
  EXPECT_NE(gate(record, objectives).lines[0].next.find("--stream"), std::string::npos);
  for (Row& row : record.rows) row.outcome.first_token = milliseconds(50);
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::pass);
  record.header.stream = true;
  for (std::size_t i = 0; i < 9; ++i) record.rows[i].outcome.first_token.reset();
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::fail);
}

TEST(GateTest, validity_is_the_contract_of_the_feature_on_the_stored_answer) {
  Objectives objectives;
  objectives.valid = ProportionTarget{.at_least = 0.95};
  Feature feature = feature_with(objectives);
  RunRecord record = record_of({.cases = 60});
  EXPECT_EQ(judge_run(record, feature, {})->ruling, Ruling::pass);
  feature.output.json = true;
  EXPECT_EQ(judge_run(record, feature, {})->ruling, Ruling::fail) << "\"a\" is no JSON";
  for (Row& row : record.rows) row.outcome.answer.text = "{}";
  EXPECT_EQ(judge_run(record, feature, {})->ruling, Ruling::pass);
}

TEST(GateTest, one_request_over_a_hard_ceiling_fails) {
  Objectives objectives;
  objectives.input_tokens_max = 100;
  objectives.output_tokens_max = 50;
  objectives.cost_per_request = Money{2'000'000};
  RunRecord record = record_of({.cases = 30});
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::pass);
  record.rows[7].outcome.usage->output = 51;
  const GateReport report = gate(record, objectives);
  EXPECT_EQ(report.ruling, Ruling::fail);
  EXPECT_EQ(report.lines.at(1).over, 1);
  record.rows[7].outcome.usage->output = 1;
  record.rows[8].outcome.cost = Money{2'000'001};
  EXPECT_EQ(gate(record, objectives).lines.at(2).ruling, Ruling::fail);
}

TEST(GateTest, an_unknown_cost_is_an_error_and_never_zero) {
  Objectives objectives;
  objectives.cost_per_request = Money{9'000'000};
  objectives.cost_per_resolution = Money{9'000'000};
  RunRecord record = record_of({.cases = 60});
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::pass);
  record.rows[3].outcome.cost.reset();
  const GateReport report = gate(record, objectives);
  EXPECT_EQ(report.lines[0].ruling, Ruling::error);
  EXPECT_EQ(report.lines[1].ruling, Ruling::error);
  EXPECT_EQ(report.lines[1].next.substr(0, 58),
            "1 of 60 runs told no cost, and unknown is not 0: give the ");
  EXPECT_EQ(exit_code(report.ruling), 5);
}

TEST(GateTest, an_unknown_usage_is_an_error_and_never_zero) {
  Objectives objectives;
  objectives.output_tokens_max = 50;
  RunRecord record = record_of({.cases = 30});
  record.rows[4].outcome.usage.reset();
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::error);
  record.rows[4].outcome.error = Error{.kind = ErrorKind::upstream_overloaded, .what = "busy"};
  EXPECT_EQ(gate(record, objectives).ruling, Ruling::pass) << "nothing was answered";
}

TEST(GateTest, cost_per_resolution_counts_what_failed_runs_cost) {
  Objectives objectives;
  objectives.cost_per_resolution = Money{2'500'000};
  EXPECT_EQ(gate(record_of({.cases = 200}), objectives).ruling, Ruling::pass);
  const GateReport half = gate(record_of({.cases = 200, .wrong = 100}), objectives);
  EXPECT_EQ(half.ruling, Ruling::fail);
  EXPECT_NEAR(*half.lines[0].observed, 0.004, 1e-12);
  const GateReport near = gate(record_of({.cases = 60, .wrong = 11}), objectives);
  EXPECT_EQ(near.ruling, Ruling::insufficient);
  const GateReport few = gate(record_of({.cases = 20}), objectives);
  EXPECT_EQ(few.ruling, Ruling::insufficient) << "too few cases for an interval";
  const GateReport none = gate(record_of({.cases = 60, .wrong = 60}), objectives);
  EXPECT_EQ(none.ruling, Ruling::insufficient) << "nothing to divide by";
}

TEST(GateTest, a_run_that_cannot_be_trusted_is_invalid) {
  const auto ruling = [](RunRecord record, GateContext context = {}) {
    return gate(record, accuracy(0.5), std::move(context)).ruling;
  };
  RunRecord good = record_of({.cases = 60});
  EXPECT_EQ(ruling(good), Ruling::pass);
  EXPECT_EQ(ruling(good, {.plan_version = "p", .dataset_hash = "h"}), Ruling::pass);
  EXPECT_EQ(ruling(good, {.dataset_hash = "other"}), Ruling::invalid);
  RunRecord cut = good;
  cut.rows.pop_back();
  EXPECT_EQ(ruling(cut), Ruling::invalid) << "unfinished";
  RunRecord twice = good;
  twice.rows[1] = twice.rows[0];
  EXPECT_EQ(ruling(twice), Ruling::invalid);
  RunRecord foreign = good;
  foreign.header.feature = "else";
  EXPECT_EQ(ruling(foreign), Ruling::invalid);
  RunRecord harness = good;
  harness.rows[0].outcome.harness_error = true;
  EXPECT_EQ(ruling(harness), Ruling::invalid) << "1 of 60 is more than 1 %";
  RunRecord reloaded = good;
  reloaded.rows[0].outcome.plan_version = "v1";
  EXPECT_EQ(ruling(reloaded, {.plan_version = "v1"}), Ruling::pass);
  EXPECT_EQ(ruling(reloaded, {.plan_version = "v2"}), Ruling::invalid);
  reloaded.rows[1].outcome.plan_version = "v2";
  EXPECT_EQ(ruling(reloaded), Ruling::invalid);
}

TEST(GateTest, a_feature_without_promises_is_not_a_pass) {
  EXPECT_EQ(gate(record_of({}), {}).ruling, Ruling::error);
}

Objectives everything() {
  Objectives objectives = accuracy(0.9);
  objectives.valid = ProportionTarget{.at_least = 0.9};
  objectives.p50 = milliseconds(500);
  objectives.p95 = milliseconds(6000);
  objectives.p99 = milliseconds(6000);
  objectives.input_tokens_max = 1000;
  objectives.cost_per_resolution = Money{9'000'000};
  return objectives;
}

TEST(GateTest, the_verdict_does_not_depend_on_the_order_of_rows) {
  RunRecord record = record_of({.cases = 60, .runs = 3, .wrong = 7, .slow = 5});
  const std::string before = render_json(gate(record, everything()));
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(record.rows.begin(), record.rows.end(), random);
    EXPECT_EQ(render_json(gate(record, everything())), before);
  }
}

TEST(GateTest, the_json_form_is_json_and_the_table_says_what_to_do) {
  const GateReport report = gate(record_of({.cases = 60, .wrong = 2}), everything());
  const auto parsed = nlohmann::json::parse(render_json(report));
  EXPECT_EQ(parsed["verdict"], "insufficient");
  EXPECT_EQ(parsed["exit_code"], 3);
  EXPECT_EQ(parsed["objectives"].size(), 7U);
  EXPECT_EQ(parsed["failed_cases"][0]["evidence"], "equals: wanted a");
  const std::string table = render_table(report);
  EXPECT_NE(table.find("latency.p99"), std::string::npos);
  EXPECT_NE(table.find("-> 239 more runs without a miss would show it"), std::string::npos)
      << table;
  EXPECT_NE(table.find("verdict: insufficient (exit code 3)"), std::string::npos) << table;
}

TEST(GateTest, what_a_server_wrote_does_not_steer_the_terminal) {
  RunRecord record = record_of({.cases = 60, .wrong = 1});
  record.rows[0].outcome.error = Error{.what = "\x1b[2J gone"};
  EXPECT_EQ(render_table(gate(record, accuracy(0.9))).find('\x1b'), std::string::npos);
}

TEST(GateTest, exit_codes_are_those_documented) {
  EXPECT_EQ(exit_code(Ruling::pass), 0);
  EXPECT_EQ(exit_code(Ruling::fail), 1);
  EXPECT_EQ(exit_code(Ruling::insufficient), 3);
  EXPECT_EQ(exit_code(Ruling::invalid), 4);
  EXPECT_EQ(exit_code(Ruling::error), 5);
}

}  // namespace
}  // namespace plimsoll::eval
