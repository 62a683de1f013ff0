// Goal: a load run measures what the simulated provider did, and a stall is seen from
// the planned time.
// Method: both in one process over loopback; latencies are constants of the simulator,
// so the figures are known before the run. Upper bounds are wide for a busy machine.
#include <gtest/gtest.h>

#include <thread>

#include "base/json.h"
#include "eval/load.h"
#include "eval/load_report.h"
#include "sim/simulator.h"

namespace plimsoll {
namespace {

using std::chrono::milliseconds;

struct Drive {
  double rate = 100;
  milliseconds duration{1000};
  milliseconds timeout{5000};
  std::size_t connections_max = 1024, in_flight_max = 10'000;
  bool stream = false;
};

eval::LoadOptions options_for(const sim::Simulator& simulator, const Drive& drive) {
  eval::LoadOptions options;
  options.origin = net::parse_origin(simulator.base_url()).value();
  options.origin.connections_max = drive.connections_max;
  options.in_flight_max = drive.in_flight_max;
  options.timeout = drive.timeout;
  eval::Case asked;
  asked.request_members = R"("messages":[{"role":"user","content":"hello"}])";
  options.questions.push_back(
      {.body = eval::request_body(asked, "small", drive.stream), .stream = drive.stream});
  eval::Arrivals arrivals = eval::parse_arrivals("constant", drive.rate).value();
  arrivals.duration = drive.duration;
  options.plan = eval::plan_arrivals(arrivals).value();
  return options;
}

eval::LoadTally run_to_end(eval::LoadOptions options) {
  eval::LoadRun run(std::move(options));
  run.start();
  EXPECT_TRUE(run.wait(std::chrono::seconds(60)));
  return run.tally();
}

std::unique_ptr<sim::Simulator> simulator(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  sim::SimulatorOptions options;
  for (const auto& [field, value] : fields) {
    EXPECT_TRUE(options.profile.set(field, value).has_value()) << field;
  }
  return std::move(sim::Simulator::start(std::move(options)).value());
}

double ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

TEST(LoadTest, a_constant_latency_is_what_is_measured) {
  const auto sim = simulator({{"latency", "40ms"}});
  const auto tally = run_to_end(options_for(*sim, {}));
  EXPECT_EQ(tally.total(), 100U);
  EXPECT_EQ(tally.count(eval::LoadOutcome::ok), 100U);
  EXPECT_GE(ms(tally.from_sent.min()), 40);
  EXPECT_LT(ms(tally.from_sent.percentile(0.5)), 60);
  // The provider notes an answer's end after the client has it: wait for its books.
  const Deadline patience = Clock::now() + std::chrono::seconds(10);
  while (sim->counts().completed < 100 && Clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(sim->counts().completed, 100U) << "both sides counted the same";
}

TEST(LoadTest, a_stall_is_seen_from_the_planned_time) {
  // One connection that takes 20 ms an answer, asked 100 times a second: a closed
  // loop would measure 20 ms for ever; open, the queue grows to about a second.
  const auto sim = simulator({{"latency", "20ms"}});
  const auto tally = run_to_end(options_for(*sim, {.connections_max = 1}));
  EXPECT_EQ(tally.count(eval::LoadOutcome::ok), 100U);
  EXPECT_GT(ms(tally.from_planned.max()), 800);
  EXPECT_GT(ms(tally.from_planned.percentile(0.5)), 350);
}

TEST(LoadTest, streams_are_timed_by_their_events) {
  const auto sim =
      simulator({{"first_token", "30ms"}, {"between_tokens", "5ms"}, {"tokens", "10"}});
  const auto tally = run_to_end(options_for(*sim, {.rate = 30, .stream = true}));
  EXPECT_EQ(tally.count(eval::LoadOutcome::ok), 30U);
  EXPECT_GE(ms(tally.first_content.min()), 30);
  EXPECT_LT(ms(tally.first_content.percentile(0.5)), 50);
  EXPECT_NEAR(ms(tally.gaps.percentile(0.5)), 5, 3);
  EXPECT_GE(ms(tally.from_sent.min()), 30 + 9 * 5);
}

TEST(LoadTest, every_fault_is_counted_as_what_it_is) {
  using eval::LoadOutcome;
  const std::vector<std::pair<std::string, LoadOutcome>> faults = {
      {"server_error", LoadOutcome::http_error},
      {"reset", LoadOutcome::unreachable},
      {"hang", LoadOutcome::timed_out},
      {"cut_reset", LoadOutcome::cut},
      {"cut_eof", LoadOutcome::cut},
      {"stops_early", LoadOutcome::truncated},
      {"malformed_event", LoadOutcome::malformed},
      {"error_in_stream", LoadOutcome::error_event},
      {"no_done", LoadOutcome::ok}};
  for (const auto& [fault, outcome] : faults) {
    const auto sim = simulator({{"faults." + fault, "1"}, {"cut_at", "2"}});
    const auto tally = run_to_end(options_for(
        *sim,
        {.rate = 50, .duration = milliseconds(200), .timeout = milliseconds(500), .stream = true}));
    EXPECT_EQ(tally.count(outcome), 10U) << fault;
    EXPECT_EQ(tally.without_done, fault == "no_done" ? 10U : 0U) << fault;
  }
}

TEST(LoadTest, more_than_may_be_in_flight_is_not_sent_and_said) {
  const auto sim = simulator({{"latency", "600ms"}});
  const auto tally =
      run_to_end(options_for(*sim, {.duration = milliseconds(500), .in_flight_max = 5}));
  EXPECT_EQ(tally.count(eval::LoadOutcome::ok), 5U);
  EXPECT_EQ(tally.count(eval::LoadOutcome::not_sent), 45U);
  EXPECT_EQ(sim->counts().requests, 5U);
}

TEST(LoadTest, stopping_gives_what_was_measured) {
  const auto sim = simulator({{"latency", "5ms"}});
  auto options = options_for(*sim, {.rate = 50, .duration = milliseconds(30'000)});
  eval::LoadRun run(std::move(options));
  run.start();
  while (run.progress().ok < 10) EXPECT_FALSE(run.wait(milliseconds(20)));
  run.stop();
  ASSERT_TRUE(run.wait(std::chrono::seconds(10)));
  EXPECT_GE(run.tally().count(eval::LoadOutcome::ok), 10U);
  EXPECT_LT(run.tally().total(), 1500U);
}

}  // namespace
}  // namespace plimsoll
