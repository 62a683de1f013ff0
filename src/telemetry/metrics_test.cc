// Goal: /metrics says what the trails said, in a text that Prometheus reads, in
// bounded memory.
// Method: trails built by hand; samples looked up in the text by their labels.
#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <sstream>
#include <thread>

#include "ports/fakes/collecting_sink.h"
#include "telemetry/fan_out.h"

namespace plimsoll::telemetry {
namespace {

using std::chrono::seconds;

std::shared_ptr<Trail> trail_of(const std::string& feature) {
  auto trail = std::make_shared<Trail>();
  trail->feature = feature;
  trail->duration = milliseconds{320};
  AttemptTrail attempt{.provider = "openai", .model = "gpt-5-mini"};
  attempt.started = milliseconds{0};
  attempt.ended = milliseconds{300};
  attempt.usage = Usage{.input = 100, .output = 20, .cached_input = 64};
  attempt.cost = Money{4'000};
  trail->attempts.push_back(attempt);
  return trail;
}

/// The value of the one line that begins with `sample`; "" when there is none.
std::string value_of(const std::string& text, const std::string& sample) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
  return "";
}

TEST(MetricsTest, counts_requests_attempts_tokens_and_cost) {
  Metrics metrics;
  metrics.take(trail_of("bot"));
  auto failed = trail_of("bot");
  failed->error = ErrorKind::upstream_timeout_headers;
  failed->attempts[0].error = ErrorKind::upstream_timeout_headers;
  failed->attempts[0].cost.reset();
  failed->attempts[0].usage_estimated = true;
  failed->attempts[0].verdict.violations = {{.check = "json"}, {.check = "json"}};
  metrics.take(failed);
  const std::string text = metrics.text();
  const std::string of_model = "{provider=\"openai\",model=\"gpt-5-mini\"";
  EXPECT_EQ(value_of(text, "plimsoll_requests_total{feature=\"bot\",outcome=\"answered\"}"), "1");
  EXPECT_EQ(value_of(text,
                     "plimsoll_requests_total{feature=\"bot\",outcome=\"upstream_timeout_"
                     "headers\"}"),
            "1");
  EXPECT_EQ(value_of(text, "plimsoll_attempts_total" + of_model + ",outcome=\"answered\"}"), "1");
  EXPECT_EQ(value_of(text, "plimsoll_tokens_total" + of_model + ",kind=\"input\"}"), "200");
  EXPECT_EQ(value_of(text, "plimsoll_tokens_total" + of_model + ",kind=\"cached_input\"}"), "128");
  EXPECT_EQ(value_of(text, "plimsoll_cost_nanodollars_total" + of_model + "}"), "4000");
  EXPECT_EQ(value_of(text, "plimsoll_cost_unknown_attempts_total" + of_model + "}"), "1");
  EXPECT_EQ(value_of(text, "plimsoll_usage_estimated_attempts_total" + of_model + "}"), "1");
  EXPECT_EQ(value_of(text, "plimsoll_checks_refused_total{feature=\"bot\",check=\"json\"}"), "2");
}

TEST(MetricsTest, shows_durations_as_cumulative_buckets_in_seconds) {
  Metrics metrics;
  for (const int ms : {5, 25, 26, 700}) {
    auto trail = trail_of("bot");
    trail->duration = milliseconds{ms};
    trail->streamed = true;
    trail->first_byte = milliseconds{1};
    metrics.take(trail);
  }
  const std::string text = metrics.text();
  const auto bucket = [&](const std::string& le) {
    return value_of(text,
                    "plimsoll_request_duration_seconds_bucket{feature=\"bot\",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("0.0025"), "0");
  EXPECT_EQ(bucket("0.005"), "1") << "a bound belongs to its bucket";
  EXPECT_EQ(bucket("0.025"), "2");
  EXPECT_EQ(bucket("0.05"), "3");
  EXPECT_EQ(bucket("1"), "4");
  EXPECT_EQ(bucket("+Inf"), "4");
  EXPECT_EQ(value_of(text, "plimsoll_request_duration_seconds_count{feature=\"bot\"}"), "4");
  EXPECT_EQ(value_of(text, "plimsoll_request_duration_seconds_sum{feature=\"bot\"}"), "0.756");
  EXPECT_EQ(value_of(text, "plimsoll_time_to_first_token_seconds_count{feature=\"bot\"}"), "4");
}

TEST(MetricsTest, a_label_takes_two_hundred_values_and_then_other) {
  Metrics metrics;
  for (std::size_t i = 0; i < LabelNames::kMost + 50; ++i) {
    auto trail = trail_of("f" + std::to_string(i));
    trail->attempts[0].model = "m" + std::to_string(i);
    metrics.take(trail);
    metrics.take(trail);
  }
  const std::string text = metrics.text();
  EXPECT_EQ(value_of(text, "plimsoll_requests_total{feature=\"f199\",outcome=\"answered\"}"), "2");
  EXPECT_EQ(value_of(text, "plimsoll_requests_total{feature=\"f200\",outcome=\"answered\"}"), "");
  EXPECT_EQ(value_of(text, "plimsoll_requests_total{feature=\"other\",outcome=\"answered\"}"),
            "100");
  EXPECT_EQ(value_of(text,
                     "plimsoll_attempts_total{provider=\"openai\",model=\"other\",outcome="
                     "\"answered\"}"),
            "100");
}

TEST(MetricsTest, labels_are_escaped_and_the_empty_feature_has_a_name) {
  Metrics metrics;
  metrics.take(trail_of("a\"b\\c\nd"));
  metrics.take(trail_of(""));
  const std::string text = metrics.text();
  EXPECT_EQ(
      value_of(text, "plimsoll_requests_total{feature=\"a\\\"b\\\\c\\nd\",outcome=\"answered\"}"),
      "1");
  EXPECT_EQ(value_of(text, "plimsoll_requests_total{feature=\"none\",outcome=\"answered\"}"), "1");
}

TEST(MetricsTest, values_owned_elsewhere_are_read_at_each_scrape) {
  Metrics metrics;
  double lag = 0.5;
  metrics.add_gauge({"plimsoll_loop_lag_seconds", "How late a loop is.", {{"loop", "0"}}},
                    [&lag] { return lag; });
  metrics.add_counter({"plimsoll_ledger_dropped_total", "Calls not recorded.", {}},
                      [] { return 7.0; });
  metrics.add_gauge({"plimsoll_loop_lag_seconds", "", {{"loop", "1"}}}, [] { return 0.25; });
  EXPECT_EQ(value_of(metrics.text(), "plimsoll_loop_lag_seconds{loop=\"0\"}"), "0.5");
  lag = 2;
  const std::string text = metrics.text();
  EXPECT_EQ(value_of(text, "plimsoll_loop_lag_seconds{loop=\"0\"}"), "2");
  EXPECT_EQ(value_of(text, "plimsoll_loop_lag_seconds{loop=\"1\"}"), "0.25");
  EXPECT_EQ(value_of(text, "plimsoll_ledger_dropped_total"), "7");
  EXPECT_EQ(value_of(text, "# TYPE plimsoll_loop_lag_seconds"), "gauge");
}

TEST(MetricsTest, shows_the_process) {
  const std::string text = Metrics().text();
  EXPECT_GT(std::stod(value_of(text, "process_resident_memory_bytes")), 1e5);
  EXPECT_GE(std::stod(value_of(text, "process_open_fds")), 3);
}

TEST(MetricsTest, every_line_is_well_formed_and_every_family_has_help_and_type_once) {
  Metrics metrics;
  metrics.take(trail_of("a\"b\\c\nd"));
  metrics.add_gauge({"plimsoll_connections", "Open.\nNow.", {}}, [] { return 1.0; });
  const std::regex sample(
      R"re([a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? (\+Inf|-?[0-9.e+-]+))re");
  const std::regex comment("# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))");
  std::set<std::string> types;
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::regex_match(line, line[0] == '#' ? comment : sample)) << line;
    if (line.starts_with("# TYPE ")) EXPECT_TRUE(types.insert(line).second) << line;
  }
  EXPECT_GE(types.size(), 11U);
}

TEST(MetricsTest, threads_count_while_others_scrape) {
  Metrics metrics;
  std::atomic<bool> done{false};
  std::thread scraper([&] {
    while (!done) (void)metrics.text();
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 2'000; ++i) {
        auto trail = trail_of("f" + std::to_string(i % (t + 2)));
        trail->attempts[0].verdict.violations = {{.check = "json"}};
        metrics.take(trail);
      }
    });
  for (std::thread& thread : threads) thread.join();
  done = true;
  scraper.join();
  EXPECT_EQ(value_of(metrics.text(),
                     "plimsoll_attempts_total{provider=\"openai\",model=\"gpt-5-mini\",outcome="
                     "\"answered\"}"),
            "8000");
}

TEST(DurationHistogramTest, every_duration_lies_within_the_bounds_of_its_bucket) {
  using namespace duration_buckets;
  for (std::int64_t ns = 1; ns < 4'000'000'000'000; ns += 1 + ns / 97) {
    const std::size_t bucket = index_of(nanoseconds{ns});
    ASSERT_LE(ns, upper_bound(bucket).count());
    if (bucket > 0) ASSERT_GT(ns, upper_bound(bucket - 1).count());
  }
  for (std::size_t i = 0; i + 1 < kCount; ++i) ASSERT_EQ(index_of(upper_bound(i)), i);
}

TEST(DurationHistogramTest, quantiles_are_right_within_a_bucket) {
  DurationHistogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.add(milliseconds{i});
  DurationCounts counts;
  EXPECT_EQ(counts.quantile(0.5), nanoseconds{0});
  histogram.add_to(counts);
  EXPECT_EQ(counts.quantile(0.5), milliseconds{500});
  EXPECT_EQ(counts.quantile(0.95), milliseconds{950});
  EXPECT_EQ(counts.quantile(1), seconds{1});
}

TEST(FanOutTest, every_sink_takes_every_trail) {
  ports::CollectingSink a, b;
  FanOut both({&a, &b});
  both.take(trail_of("bot"));
  EXPECT_EQ(a.size(), 1U);
  EXPECT_EQ(b.size(), 1U);
}

}  // namespace
}  // namespace plimsoll::telemetry
