// Goal: an interrupted and resumed run is the same as one run, and scores do not
// depend on the order of answers.
// Method: a scripted subject that answers by case and repeat, in this process;
// runs are cut at every row and in the middle of every line.
#include "eval/runner.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace plimsoll::eval {
namespace {

class ScriptedSubject final : public Subject {
 public:
  int asked = 0;
  int cancel_after = -1;
  CancelSource* cancel = nullptr;
  bool unreachable = false;

  Task<Outcome> ask(const Case& one, Ask how) override {
    Outcome outcome;
    outcome.duration = std::chrono::nanoseconds(1000);
    if (asked++ == cancel_after) cancel->cancel(CancelReason::shutdown);
    if (how.cancel.cancelled()) {
      outcome.error = Error{.kind = ErrorKind::cancelled, .what = "stopped"};
    } else if (unreachable) {
      outcome.error = Error{.kind = ErrorKind::upstream_unreachable, .what = "nobody there"};
      outcome.harness_error = true;
    } else if (one.id == "c3") {
      outcome.error = Error{.kind = ErrorKind::upstream_timeout_idle, .what = "slow \"one\""};
    } else {
      outcome.answer.text = one.id == "c1" ? "wrong" : "right";
      outcome.answer.finish = Finish::stop;
      outcome.usage = Usage{.input = 7, .output = 2};
      outcome.cost = Money{12};
    }
    co_return outcome;
  }
  std::string name() const override { return "scripted"; }
};

Dataset five_cases() {
  std::string text;
  for (int i = 0; i < 5; ++i) {
    text += "{\"id\":\"c" + std::to_string(i) + "\",\"input\":\"q\",\"expected\":\"right\"}\n";
  }
  return *parse_dataset(text);
}

class RunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "plimsoll-runner-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "results.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Progress> run(ScriptedSubject& subject, CancelToken cancel = {},
                       ResultFile::IfThere if_there = ResultFile::IfThere::resume) {
    const Dataset set = five_cases();
    auto file = ResultFile::open(path_, header_for(set, subject, options_), if_there);
    if (!file) return std::unexpected(file.error());
    return run_cases(set, subject, options_, *file, {}, cancel).run_ready();
  }

  std::string text() const {
    std::ifstream file(path_);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  void write(std::string_view text) const { std::ofstream(path_) << text; }

  std::filesystem::path folder_, path_;
  RunOptions options_{.concurrency = 3, .runs = 3};
};

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_F(RunnerTest, every_case_is_asked_as_often_as_told_and_scored) {
  ScriptedSubject subject;
  const auto progress = run(subject);
  ASSERT_TRUE(progress.has_value());
  EXPECT_EQ(progress->done, 15);
  EXPECT_EQ(progress->passed, 9);
  EXPECT_EQ(subject.asked, 15);
  const auto record = read_results(text());
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(record->header.cases, 5);
  ASSERT_EQ(record->rows.size(), 15U);
  std::map<std::string, int> seen;
  for (const Row& row : record->rows) {
    ++seen[row.case_id];
    EXPECT_EQ(row.passed, row.case_id != "c1" && row.case_id != "c3");
    if (row.case_id == "c3") {
      EXPECT_EQ(row.outcome.error->kind, ErrorKind::upstream_timeout_idle);
      EXPECT_EQ(row.outcome.error->what, "slow \"one\"");
      EXPECT_FALSE(row.outcome.cost.has_value());
    } else {
      EXPECT_EQ(row.outcome.cost, Money{12});
      EXPECT_EQ(row.outcome.usage->input, 7);
    }
  }
  EXPECT_EQ(seen["c4"], 3);
}

TEST_F(RunnerTest, resume_after_a_cut_at_any_byte_equals_one_run) {
  ScriptedSubject subject;
  ASSERT_TRUE(run(subject).has_value());
  const std::string whole = text();
  for (std::size_t cut = 20; cut < whole.size(); cut += 37) {
    write(whole.substr(0, cut));
    ScriptedSubject again;
    const auto progress = run(again);
    ASSERT_TRUE(progress.has_value()) << cut << " " << progress.error().what;
    EXPECT_EQ(progress->done, 15);
    EXPECT_EQ(progress->passed, 9);
    EXPECT_EQ(sorted_lines(text()), sorted_lines(whole)) << "cut at byte " << cut;
  }
}

TEST_F(RunnerTest, a_stop_at_any_question_leaves_a_file_that_can_be_resumed) {
  ScriptedSubject subject;
  ASSERT_TRUE(run(subject).has_value());
  const std::string whole = text();
  for (int at = 0; at < 15; ++at) {
    std::filesystem::remove(path_);
    CancelSource stop;
    ScriptedSubject first;
    first.cancel_after = at;
    first.cancel = &stop;
    const auto stopped = run(first, stop.token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
    EXPECT_EQ(read_results(text())->rows.size(), static_cast<std::size_t>(at));
    ScriptedSubject second;
    ASSERT_TRUE(run(second).has_value());
    EXPECT_EQ(second.asked, 15 - at);
    EXPECT_EQ(sorted_lines(text()), sorted_lines(whole));
  }
}

TEST_F(RunnerTest, a_finished_file_is_not_asked_again) {
  ScriptedSubject first, second;
  ASSERT_TRUE(run(first).has_value());
  EXPECT_EQ(run(second)->done, 15);
  EXPECT_EQ(second.asked, 0);
}

TEST_F(RunnerTest, what_never_reached_the_subject_is_asked_again) {
  ScriptedSubject down;
  down.unreachable = true;
  EXPECT_EQ(run(down)->harness_errors, 15);
  ScriptedSubject up;
  const auto progress = run(up);
  EXPECT_EQ(up.asked, 15);
  EXPECT_EQ(progress->harness_errors, 0);
  const auto record = read_results(text());
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->rows.size(), 15U);
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".tmp"));
}

TEST_F(RunnerTest, another_run_is_never_mixed_into_the_file) {
  ScriptedSubject subject;
  ASSERT_TRUE(run(subject).has_value());
  options_.runs = 4;
  const auto refused = run(subject);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().what, "the file was begun with --runs 3, this run has 4");
  EXPECT_FALSE(run(subject, {}, ResultFile::IfThere::refuse).has_value());
}

TEST_F(RunnerTest, a_file_of_something_else_is_refused_and_left_alone) {
  for (const char* other : {"hello\n", "{\"a\":1}\n", "precious data without line end"}) {
    write(other);
    ScriptedSubject subject;
    EXPECT_FALSE(run(subject).has_value()) << other;
    EXPECT_EQ(text(), other);
  }
}

TEST(ResultsTest, a_row_comes_back_as_it_was_written) {
  Row row;
  row.case_id = "a\"b";
  row.run = 2;
  row.weight = 1.5;
  row.passed = true;
  row.scores = {{"json", false, "wanted \n 1"}};
  row.outcome.answer = {.text = "täxt\n",
                        .refusal = "no",
                        .tool_calls = {{"i", "n", "{}"}},
                        .finish = Finish::tool_calls};
  row.outcome.first_token = std::chrono::nanoseconds(5);
  row.outcome.duration = std::chrono::nanoseconds(9);
  row.outcome.attempts = 3;
  row.outcome.call_id = "c_1";
  row.outcome.plan_version = "v1";
  row.outcome.trail = R"({"attempts":[1]})";
  row.outcome.http_status = 200;
  row.outcome.harness_error = true;
  const std::string file = write_header({}) + "\n" + write_row(row) + "\n";
  const auto record = read_results(file);
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(write_row(record->rows.at(0)), write_row(row));
  EXPECT_EQ(record->rows[0].outcome.answer, row.outcome.answer);
  EXPECT_FALSE(record->rows[0].outcome.usage.has_value());
}

}  // namespace
}  // namespace plimsoll::eval
