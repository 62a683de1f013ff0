// Goal: the exit code of `plimsoll gate` is the verdict, for every verdict.
// Method: the verb itself on small files in a folder of its own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "cli/verbs.h"
#include "eval/results.h"

namespace plimsoll::cli {
namespace {

constexpr const char* kOnePager =
    "version: 1\n"
    "providers:\n"
    "  up: {dialect: openai, base_url: \"http://127.0.0.1:1/v1\"}\n"
    "models:\n"
    "  small: {provider: up, model: m, price: {input: 1, output: 1}}\n"
    "features:\n"
    "  bot:\n"
    "    objectives:\n"
    "      accuracy: {at_least: 0.95}\n"
    "      cost: {per_request: $0.01}\n"
    "    ladder: [{model: small}]\n";

class GateVerbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "plimsoll-gate-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "plimsoll.yaml") << kOnePager;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  struct Script {
    std::int64_t cases = 59, wrong = 0, missing = 0;
    bool cost_known = true;
  };

  void write_run(const Script& script) const {
    eval::RunHeader header{.feature = "bot", .cases = script.cases};
    std::ofstream file(folder_ / "results.jsonl");
    file << eval::write_header(header) << '\n';
    for (std::int64_t i = 0; i < script.cases - script.missing; ++i) {
      eval::Row row;
      row.case_id = "c" + std::to_string(i);
      row.passed = i >= script.wrong;
      if (script.cost_known) row.outcome.cost = Money{1000};
      file << eval::write_row(row) << '\n';
    }
  }

  int gate(const std::string& more = "") const {
    CLI::App app;
    int exit_code = -1;
    add_gate(app, exit_code);
    const std::string folder = folder_.string();
    app.parse("gate " + folder + "/results.jsonl -c " + folder + "/plimsoll.yaml " + more);
    return exit_code;
  }

  std::filesystem::path folder_;
};

TEST_F(GateVerbTest, a_promise_that_is_shown_is_0) {
  write_run({});
  EXPECT_EQ(gate(), 0);
  EXPECT_EQ(gate("--format json"), 0);
  EXPECT_EQ(gate("--feature bot"), 0);
}

TEST_F(GateVerbTest, a_promise_that_is_refuted_is_1) {
  write_run({.wrong = 30});
  EXPECT_EQ(gate(), 1);
}

TEST_F(GateVerbTest, a_feature_nobody_knows_is_2) {
  write_run({});
  EXPECT_EQ(gate("--feature bit"), 2);
}

TEST_F(GateVerbTest, a_sample_that_cannot_tell_is_3) {
  write_run({.cases = 58});
  EXPECT_EQ(gate(), 3);
}

TEST_F(GateVerbTest, an_unfinished_run_and_a_foreign_file_are_4) {
  write_run({.missing = 1});
  EXPECT_EQ(gate(), 4);
  std::ofstream(folder_ / "results.jsonl") << "not a result file\n";
  EXPECT_EQ(gate(), 4);
}

TEST_F(GateVerbTest, an_unknown_cost_and_a_missing_file_are_5) {
  write_run({.cost_known = false});
  EXPECT_EQ(gate(), 5);
  std::filesystem::remove(folder_ / "results.jsonl");
  EXPECT_EQ(gate(), 5);
}

}  // namespace
}  // namespace plimsoll::cli
