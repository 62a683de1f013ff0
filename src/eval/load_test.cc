// Goal: the plan of a load run is fixed before it starts, its reading of answers is
// its own, and its verdicts do not hide failures or its own lateness.
// Method: pure calls; tests/load drives real runs against the simulated provider.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "eval/load_reading.h"
#include "eval/load_report.h"
#include "eval/load_schedule.h"
#include "eval/load_tally.h"

namespace plimsoll::eval {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::chrono::nanoseconds> plan(std::string_view kind, double rate,
                                           std::chrono::nanoseconds duration,
                                           std::uint64_t seed = 7) {
  Arrivals arrivals = parse_arrivals(kind, rate).value();
  arrivals.duration = duration;
  arrivals.seed = seed;
  return plan_arrivals(arrivals).value();
}

TEST(LoadScheduleTest, constant_arrivals_are_evenly_spaced) {
  const auto times = plan("constant", 200, seconds(10));
  ASSERT_EQ(times.size(), 2000U);
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_NEAR(static_cast<double>((times[i] - times[i - 1]).count()), 5e6, 2);
  }
}

TEST(LoadScheduleTest, poisson_arrivals_have_the_rate_and_the_spread_of_their_kind) {
  const auto times = plan("poisson", 500, seconds(20));
  EXPECT_NEAR(static_cast<double>(times.size()), 10'000, 400);
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = std::chrono::duration<double>(times[i] - times[i - 1]).count();
    sum += gap;
    squares += gap * gap;
  }
  const double n = static_cast<double>(times.size() - 1);
  const double mean = sum / n;
  const double deviation = std::sqrt(squares / n - mean * mean);
  EXPECT_NEAR(deviation / mean, 1.0, 0.05) << "an exponential's deviation equals its mean";
}

TEST(LoadScheduleTest, the_same_seed_gives_the_same_plan_and_another_one_another) {
  EXPECT_EQ(plan("poisson", 50, seconds(5), 1), plan("poisson", 50, seconds(5), 1));
  EXPECT_NE(plan("poisson", 50, seconds(5), 1), plan("poisson", 50, seconds(5), 2));
}

TEST(LoadScheduleTest, a_ramp_grows_and_may_fall) {
  const auto up = plan("ramp:0:100", 1, seconds(10));
  EXPECT_NEAR(static_cast<double>(up.size()), 500, 2);
  const auto half = std::ranges::lower_bound(up, seconds(5)) - up.begin();
  EXPECT_NEAR(static_cast<double>(half), 125, 2) << "a quarter in the first half";
  const auto down = plan("ramp:100:0", 1, seconds(10));
  EXPECT_NEAR(static_cast<double>(down.size()), 500, 2);
  EXPECT_TRUE(std::ranges::is_sorted(down));
}

TEST(LoadScheduleTest, refuses_what_cannot_be_planned) {
  for (const std::string_view text : {"", "burst", "ramp:", "ramp:1", "ramp:a:b", "ramp:0:0"}) {
    EXPECT_FALSE(parse_arrivals(text, 10).has_value()) << text;
  }
  EXPECT_FALSE(parse_arrivals("constant", 0).has_value());
  Arrivals much = parse_arrivals("constant", 1e9).value();
  EXPECT_FALSE(plan_arrivals(much).has_value());
}

LoadOutcome read_stream(std::string_view bytes) {
  json::Document document;
  LoadReading reading(LoadReading::Form::stream, document);
  reading.feed(bytes, Clock::now());
  return reading.finish(Clock::now());
}

constexpr std::string_view kContent =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},"
    "\"finish_reason\":null}]}\n\n";
constexpr std::string_view kFinish =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

TEST(LoadReadingTest, a_stream_is_whole_with_a_finish_or_with_done) {
  const std::string content(kContent), finish(kFinish), done = "data: [DONE]\n\n";
  EXPECT_EQ(read_stream(content + finish + done), LoadOutcome::ok);
  EXPECT_EQ(read_stream(content + finish), LoadOutcome::ok);
  EXPECT_EQ(read_stream(content + done), LoadOutcome::ok);
  EXPECT_EQ(read_stream(content), LoadOutcome::truncated);
  EXPECT_EQ(read_stream(""), LoadOutcome::truncated);
}

TEST(LoadReadingTest, errors_and_garbage_inside_a_stream_are_failures) {
  const std::string content(kContent), finish(kFinish);
  EXPECT_EQ(read_stream(content + "data: {\"error\":{\"message\":\"x\"}}\n\n"),
            LoadOutcome::error_event);
  EXPECT_EQ(read_stream(content + "data: {\"cho\n\n" + finish), LoadOutcome::malformed);
}

TEST(LoadReadingTest, every_way_of_cutting_the_stream_reads_the_same_text) {
  const std::string all = std::string(kContent) + std::string(kContent) + std::string(kFinish) +
                          "data: {\"choices\":[],\"usage\":{\"completion_tokens\":5}}\n\n"
                          "data: [DONE]\n\n";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    json::Document document;
    LoadReading reading(LoadReading::Form::stream, document);
    reading.feed(std::string_view(all).substr(0, cut), Clock::now());
    reading.feed(std::string_view(all).substr(cut), Clock::now());
    EXPECT_EQ(reading.finish(Clock::now()), LoadOutcome::ok);
    EXPECT_EQ(reading.text(), "hihi");
    EXPECT_EQ(reading.content_at().size(), 2U);
    EXPECT_EQ(reading.completion_tokens(), 5);
  }
}

TEST(LoadReadingTest, a_whole_answer_needs_choices_and_a_finish) {
  const auto read = [](std::string_view body) {
    json::Document document;
    LoadReading reading(LoadReading::Form::whole, document);
    reading.feed(body, Clock::now());
    return reading.finish(Clock::now());
  };
  EXPECT_EQ(read(R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]})"),
            LoadOutcome::ok);
  EXPECT_EQ(read(R"({"choices":[{"message":{"content":"x"}}]})"), LoadOutcome::truncated);
  EXPECT_EQ(read(R"({"error":{"message":"x"}})"), LoadOutcome::error_event);
  EXPECT_EQ(read(R"({"choices":[{"mess)"), LoadOutcome::malformed);
  EXPECT_EQ(read("{}"), LoadOutcome::malformed);
}

LoadSample sample(milliseconds planned, milliseconds late, milliseconds took) {
  return {.planned = planned, .sent = planned + late, .ended = planned + late + took};
}

TEST(LoadTallyTest, latency_counts_from_the_planned_time_too) {
  LoadTally tally;
  tally.add(sample(milliseconds(100), milliseconds(40), milliseconds(10)));
  EXPECT_EQ(tally.from_planned.max(), 50'000'000);
  EXPECT_EQ(tally.from_sent.max(), 10'000'000);
  EXPECT_EQ(tally.lateness.max(), 40'000'000);
}

LoadVerdict::Result verdict_of(const LoadTally& tally, const LoadLimits& limits) {
  return judge_load(tally, limits).at(0).result;
}

TEST(LoadTallyTest, a_failed_request_counts_as_over_the_limit) {
  LoadTally tally;
  for (int i = 0; i < 95; ++i) tally.add(sample({}, {}, milliseconds(10)));
  for (int i = 0; i < 5; ++i) tally.add({.outcome = LoadOutcome::http_error, .status = 500});
  const LoadLimits limits{.p95 = milliseconds(20)};
  EXPECT_EQ(verdict_of(tally, limits), LoadVerdict::Result::pass);
  tally.add({.outcome = LoadOutcome::not_sent});
  EXPECT_EQ(verdict_of(tally, limits), LoadVerdict::Result::fail);
  EXPECT_EQ(verdict_of(tally, {.failures = 0.05}), LoadVerdict::Result::fail);
  EXPECT_EQ(verdict_of(tally, {.failures = 0.06}), LoadVerdict::Result::pass);
}

TEST(LoadTallyTest, no_p99_verdict_when_the_generator_was_late_or_the_sample_small) {
  LoadTally few;
  for (int i = 0; i < 99; ++i) few.add(sample({}, {}, milliseconds(1)));
  EXPECT_EQ(verdict_of(few, {.p99 = seconds(1)}), LoadVerdict::Result::none);
  few.add(sample({}, {}, milliseconds(1)));
  EXPECT_EQ(verdict_of(few, {.p99 = seconds(1)}), LoadVerdict::Result::pass);
  LoadTally late;
  for (int i = 0; i < 200; ++i) late.add(sample({}, milliseconds(11), milliseconds(1)));
  EXPECT_EQ(verdict_of(late, {.p99 = seconds(1)}), LoadVerdict::Result::none);
  EXPECT_EQ(verdict_of(late, {.p95 = seconds(1)}), LoadVerdict::Result::pass);
}

TEST(LoadReportTest, the_json_report_can_be_read_and_the_table_names_every_outcome) {
  LoadTally tally;
  tally.add(sample({}, {}, milliseconds(12)));
  tally.add({.outcome = LoadOutcome::truncated, .status = 200});
  const LoadHeading heading{.url = "http://h/v1", .model = "m", .arrivals = "constant"};
  const auto verdicts = judge_load(tally, {.p50 = milliseconds(20)});
  const auto report = nlohmann::json::parse(load_json(heading, tally, verdicts));
  EXPECT_EQ(report["outcomes"]["ok"], 1);
  EXPECT_EQ(report["statuses"]["200"], 1);
  EXPECT_NEAR(report["from_planned_ms"]["p50"].get<double>(), 12, 0.1);
  EXPECT_EQ(report["verdicts"][0]["name"], "p50");
  const std::string table = load_table(heading, tally, verdicts);
  EXPECT_NE(table.find("truncated"), std::string::npos);
  EXPECT_NE(table.find("from planned time"), std::string::npos);
}

}  // namespace
}  // namespace plimsoll::eval
