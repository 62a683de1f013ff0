// Goal: one truthful line of JSON per request, and a log that nobody reads costs
// lines, not requests.
// Method: lines read back with an independent JSON reader, from files and from a
// pipe that stays full.
#include "telemetry/log_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace plimsoll::telemetry {
namespace {

std::shared_ptr<Trail> trail_of(const std::string& id) {
  auto trail = std::make_shared<Trail>();
  trail->call_id = id;
  trail->started_wall = WallTime{std::chrono::milliseconds{1'767'225'600'123}};
  trail->endpoint = "/v1/chat/completions";
  trail->feature = "bot";
  trail->model_asked = "bot";
  trail->key_id = "team-a";
  trail->client_address = "127.0.0.1";
  trail->http_status = 200;
  trail->first_byte = nanoseconds{1'234'567};
  trail->duration = nanoseconds{20'000'999};
  trail->request_text = "secret question";
  trail->answer_text = "secret answer";
  AttemptTrail attempt{.provider = "openai", .model = "gpt-5-mini"};
  attempt.usage = Usage{.input = 100, .output = 20};
  attempt.cost = Money{4'000};
  attempt.error_text = "secret words of an upstream";
  attempt.verdict.violations = {{"json", "choice 0", "", "secret"},
                                {"json", "choice 1", "", ""},
                                {"must_match", "choice 1", "", ""}};
  trail->attempts.push_back(attempt);
  return trail;
}

nlohmann::json line_of(const Trail& trail) {
  std::string line;
  append_log_line(line, trail);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find("secret"), std::string::npos) << line;
  return nlohmann::json::parse(line);
}

TEST(LogLineTest, says_what_happened) {
  const auto line = line_of(*trail_of("c_1"));
  EXPECT_EQ(line["time"], "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(line["call"], "c_1");
  EXPECT_EQ(line["outcome"], "answered");
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["feature"], "bot");
  EXPECT_EQ(line["key"], "team-a");
  EXPECT_EQ(line["provider"], "openai");
  EXPECT_EQ(line["attempts"], 1);
  EXPECT_EQ(line["input_tokens"], 100);
  EXPECT_EQ(line["cost_nanos"], 4'000);
  EXPECT_EQ(line["checks_refused"], "json,must_match");
  EXPECT_DOUBLE_EQ(line["first_byte_ms"].get<double>(), 1.234);
  EXPECT_DOUBLE_EQ(line["duration_ms"].get<double>(), 20.0);
  EXPECT_FALSE(line.contains("tenant")) << "nothing to say";
}

TEST(LogLineTest, what_is_unknown_is_left_out_and_strings_are_escaped) {
  auto trail = trail_of("c_\"\n\xff");
  trail->error = ErrorKind::rate_limited;
  trail->first_byte = nanoseconds{-1};
  trail->attempts[0].cost.reset();
  trail->attempts[0].usage.reset();
  const auto line = line_of(*trail);
  EXPECT_EQ(line["outcome"], "rate_limited");
  EXPECT_EQ(line["call"], "c_\"\n\uFFFD");
  for (const char* key : {"first_byte_ms", "cost_nanos", "input_tokens"})
    EXPECT_FALSE(line.contains(key)) << key;
}

class LogFile : public ::testing::Test {
 protected:
  std::string path = std::filesystem::temp_directory_path() /
                     ("plimsoll-log-" + std::to_string(getpid()) + ".jsonl");
  void SetUp() override { std::filesystem::remove(path); }
  void TearDown() override { std::filesystem::remove(path); }
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> all;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
};

TEST_F(LogFile, threads_write_whole_lines_into_one_file) {
  auto log = LogLines::open({.path = path});
  ASSERT_TRUE(log);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&log] {
      for (int i = 0; i < 250; ++i) (*log)->take(trail_of("c"));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE((*log)->flush());
  EXPECT_EQ(lines().size(), 1'000U);
  (*log)->take(trail_of("last"));
  log->reset();
  EXPECT_EQ(lines().back()["call"], "last") << "closing writes what waits";
}

TEST_F(LogFile, a_folder_that_is_not_there_is_an_error) {
  const auto log = LogLines::open({.path = path + "/no/such"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, ErrorKind::io_failed);
}

TEST(LogPipeTest, a_pipe_that_nobody_reads_drops_lines_and_blocks_nobody) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[1]);
  auto log = LogLines::open({.path = path, .queue_max = 1'000, .patience = milliseconds{5}});
  ASSERT_TRUE(log);
  for (int i = 0; i < 5'000; ++i) (*log)->take(trail_of("c_" + std::to_string(i)));
  EXPECT_GT((*log)->dropped(), 0U);
  EXPECT_FALSE((*log)->flush()) << "the pipe takes 64 KiB, these are more";

  // Once somebody reads, what was kept comes out whole and in order.
  std::string text;
  std::thread reader([&] {
    char buffer[65'536];
    for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
  });
  // A reader that gets no turn for some milliseconds is no reason to lose lines here.
  while (!(*log)->flush()) std::this_thread::yield();
  log->reset();
  close(ends[1]);
  reader.join();
  close(ends[0]);
  int last = -1;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const int number = std::stoi(nlohmann::json::parse(line)["call"].get<std::string>().substr(2));
    EXPECT_GT(number, last);
    last = number;
  }
  EXPECT_GE(last, 999);
}

}  // namespace
}  // namespace plimsoll::telemetry
