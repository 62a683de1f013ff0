// Goal: `plimsoll ledger` shows what the ledger holds, in words, JSON and CSV,
// and says what is wrong when it cannot.
// Method: a ledger written by the store, read through the verb in process; JSON
// judged by an independent reader.
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/ledger_views.h"
#include "cli/verbs.h"
#include "store/embedded/ledger.h"

namespace plimsoll::cli {
namespace {

using std::chrono::seconds;

std::shared_ptr<Trail> trail_of(const std::string& id, const std::string& feature) {
  auto trail = std::make_shared<Trail>();
  trail->call_id = id;
  trail->started_wall = std::chrono::system_clock::now();
  trail->feature = feature;
  trail->model_asked = feature;
  trail->http_status = 200;
  trail->duration = milliseconds{20};
  trail->controls = {{.control = "admit", .note = "no keys"}};
  AttemptTrail attempt{.provider = "openai", .model = "gpt-5-mini", .status = 200};
  attempt.started = milliseconds{1};
  attempt.ended = milliseconds{19};
  attempt.usage = Usage{.input = 100, .output = 20};
  attempt.cost = Money{4'000};
  trail->attempts.push_back(attempt);
  return trail;
}

class VerbLedgerTest : public ::testing::Test {
 protected:
  std::string folder =
      std::filesystem::temp_directory_path() / ("plimsoll-verb-" + std::to_string(getpid()));
  int exit_code = -1;

  void SetUp() override {
    std::filesystem::remove_all(folder);
    auto ledger = store::Ledger::open({.folder = folder});
    ASSERT_TRUE(ledger);
    (*ledger)->take(trail_of("c_1", "bot"));
    auto failed = trail_of("c_2", "sh,op\x1b[2J\"");
    failed->error = ErrorKind::rate_limited;
    failed->http_status = 429;
    failed->attempts[0].cost.reset();
    failed->attempts[0].verdict_known = true;
    failed->attempts[0].verdict.violations = {{"json", "choice 0", "one JSON value", "x"}};
    failed->started_wall -= std::chrono::hours{2};
    (*ledger)->take(failed);
    ASSERT_TRUE((*ledger)->flush());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// What the verb prints on stdout.
  std::string run(std::vector<std::string> words) {
    CLI::App app("test");
    add_ledger(app, exit_code);
    words.insert(words.begin(), {"ledger", "--folder", folder});
    std::reverse(words.begin(), words.end());
    testing::internal::CaptureStdout();
    app.parse(words);
    return testing::internal::GetCapturedStdout();
  }
};

TEST_F(VerbLedgerTest, a_table_lists_the_newest_calls_first) {
  const std::string text = run({});
  EXPECT_EQ(exit_code, 0);
  EXPECT_TRUE(text.starts_with("CALL")) << text;
  EXPECT_LT(text.find("c_1"), text.find("c_2"));
  EXPECT_NE(text.find("$0.000004"), std::string::npos) << text;
  EXPECT_NE(text.find("unknown"), std::string::npos) << "the price of c_2 is not known";
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a name must not drive the terminal";
}

TEST_F(VerbLedgerTest, json_is_json) {
  const auto calls = nlohmann::json::parse(run({"--format", "json"}));
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0]["call_id"], "c_1");
  EXPECT_EQ(calls[0]["cost_nanos"], 4'000);
  EXPECT_EQ(calls[0]["streamed"], false);
  EXPECT_TRUE(calls[1]["cost_nanos"].is_null());
  EXPECT_EQ(calls[1]["status"], "rate_limited");
  EXPECT_EQ(calls[1]["feature"], "sh,op\x1b[2J\"");
}

TEST_F(VerbLedgerTest, csv_quotes_what_it_must) {
  const std::string text = run({"--format", "csv", "--status", "failed"});
  EXPECT_TRUE(text.starts_with("call_id,started_ns,feature,")) << text;
  EXPECT_NE(text.find(",\"sh,op\x1b[2J\"\"\","), std::string::npos) << text;
}

TEST_F(VerbLedgerTest, since_and_filters_narrow) {
  EXPECT_EQ(nlohmann::json::parse(run({"--since", "1h", "--format", "json"})).size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(run({"--since", "3h", "--format", "json"})).size(), 2U);
  EXPECT_EQ(run({"--feature", "nobody"}), "No call matches.\n");
  EXPECT_EQ(exit_code, 0);
}

TEST_F(VerbLedgerTest, one_call_is_told_as_a_story) {
  const std::string text = run({"--call", "c_2"});
  for (const char* part : {"rate_limited", "ATTEMPTS", "gpt-5-mini", "WHAT THE CHECKS REFUSED",
                           "one JSON value", "CONTROLS THAT RAN", "no keys"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const auto story = nlohmann::json::parse(run({"--call", "c_2", "--format", "json"}));
  EXPECT_EQ(story["call"]["call_id"], "c_2");
  EXPECT_EQ(story["attempts"][0]["verdict"], "reply_invalid");
  EXPECT_EQ(story["controls"][0]["passed"], true);
  EXPECT_EQ(story["violations"][0]["check_name"], "json");
}

TEST_F(VerbLedgerTest, a_summary_sums) {
  EXPECT_NE(run({"--summary"}).find("rate_limited 1"), std::string::npos);
  const auto summary = nlohmann::json::parse(run({"--summary", "--format", "json"}));
  ASSERT_EQ(summary.size(), 2U);
  EXPECT_EQ(summary[0]["feature"], "bot");
  EXPECT_EQ(summary[0]["p95_ns"], 20'000'000);
  EXPECT_EQ(summary[1]["errors"]["rate_limited"], 1);
  EXPECT_EQ(summary[1]["cost_unknown_calls"], 1);
  EXPECT_TRUE(run({"--summary", "--format", "csv"}).starts_with("feature,calls,"));
}

TEST_F(VerbLedgerTest, spending_is_summed_by_any_groups) {
  const auto spend =
      nlohmann::json::parse(run({"spend", "--by", "feature,model,day", "--format", "json"}));
  EXPECT_EQ(exit_code, 0);
  ASSERT_EQ(spend.size(), 2U);
  EXPECT_EQ(spend[0]["feature"], "bot") << "the dearest first";
  EXPECT_EQ(spend[0]["model"], "gpt-5-mini");
  EXPECT_EQ(spend[0]["cost_nanos"], 4'000);
  EXPECT_EQ(spend[0]["resolved"], 1);
  EXPECT_EQ(spend[0]["cost_per_resolution_nanos"], 4'000);
  EXPECT_EQ(spend[1]["resolved"], 0);
  EXPECT_EQ(spend[1]["cost_unknown"], 1);
  EXPECT_TRUE(spend[1]["cost_per_resolution_nanos"].is_null());
  const auto all = nlohmann::json::parse(run({"spend", "--by", "tenant", "--format", "json"}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["calls"], 2);
  EXPECT_NE(run({"spend"}).find("$0.000004"), std::string::npos);
  run({"spend", "--by", "colour"});
  EXPECT_EQ(exit_code, 2);
}

TEST_F(VerbLedgerTest, erasing_says_how_much_and_never_everything_by_accident) {
  run({"erase"});
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(run({"erase", "--before", "1h"}), "Erased 1 calls.\n");
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(run({"--format", "json"})).size(), 1U);
}

TEST_F(VerbLedgerTest, what_cannot_be_shown_is_an_error_with_its_code) {
  run({"--call", "c_9"});
  EXPECT_EQ(exit_code, 1);
  run({"--since", "yesterday"});
  EXPECT_EQ(exit_code, 2);
  std::filesystem::remove_all(folder);
  run({});
  EXPECT_EQ(exit_code, 1) << "there is no ledger";
}

TEST(ParseSinceTest, takes_ages_dates_and_times) {
  const WallTime now{seconds{1'767'225'600}};  // 2026-01-01
  EXPECT_EQ(parse_since("90s", now), now - seconds{90});
  EXPECT_EQ(parse_since("2w", now), now - std::chrono::hours{14 * 24});
  EXPECT_EQ(parse_since("2026-01-02", now), now + std::chrono::hours{24});
  EXPECT_EQ(parse_since("2026-01-01T01:02:03Z", now), now + seconds{3'723});
  for (const char* wrong :
       {"", "h", "1", "-1h", "1y", "1.5h", "99999999999999999999s", "9999999999s", "2026-13-01",
        "2026-02-30", "2026-01-01T24:00:00Z", "2026-01-01T01:02:03", "2026/01/01", "2026-1-1"})
    EXPECT_FALSE(parse_since(wrong, now)) << wrong;
}

}  // namespace
}  // namespace plimsoll::cli
