// Goal: the fakes that other tests trust behave as their ports promise.
// Method: small coroutines on the manual clock; scripts read to their ends.
#include <gtest/gtest.h>

#include "base/scope.h"
#include "ports/fakes/collecting_sink.h"
#include "ports/fakes/fake_random.h"
#include "ports/fakes/fake_timers.h"
#include "ports/fakes/scripted_upstream.h"

namespace plimsoll::ports {
namespace {

using namespace std::chrono_literals;

struct Log {
  std::vector<std::string> lines;
};

Task<void> sleep_then_say(Outlives<FakeTimers> timers, Outlives<Log> log, milliseconds wait,
                          std::string name, CancelToken cancel) {
  const Deadline when = timers.object.now() + wait;
  const Result<void> slept = co_await timers.object.sleep_until(when, cancel);
  log.object.lines.push_back(name + (slept ? "" : " cancelled"));
}

class FakeTimersTest : public ::testing::Test {
 protected:
  void start(milliseconds wait, std::string name, CancelToken cancel = {}) {
    scope.spawn(sleep_then_say, Outlives<FakeTimers>{timers}, Outlives<Log>{log}, wait,
                std::move(name), cancel);
  }
  using Lines = std::vector<std::string>;
  FakeTimers timers;
  Log log;
  Scope scope;
};

TEST_F(FakeTimersTest, sleepers_resume_in_the_order_of_their_times) {
  start(30ms, "late");
  start(10ms, "first");
  start(10ms, "second");
  timers.advance(9ms);
  EXPECT_EQ(log.lines, Lines{});
  timers.advance(21ms);
  EXPECT_EQ(log.lines, (Lines{"first", "second", "late"}));
  EXPECT_EQ(timers.sleeping(), 0U);
}

TEST_F(FakeTimersTest, a_cancelled_sleep_resumes_at_the_next_turn_and_not_inside_cancel) {
  CancelSource source;
  start(30ms, "one", source.token());
  source.cancel(CancelReason::client_gone);
  EXPECT_EQ(log.lines, Lines{});
  timers.advance(0ms);
  EXPECT_EQ(log.lines, Lines{"one cancelled"});
  start(1ms, "two", source.token());
  EXPECT_EQ(log.lines, (Lines{"one cancelled", "two cancelled"}));
}

TEST_F(FakeTimersTest, a_jumping_clock_never_waits) {
  timers.jump = true;
  const Deadline before = timers.now();
  EXPECT_TRUE(timers.sleep_until(before + 5s, {}).run_ready());
  EXPECT_EQ(timers.now() - before, 5s);
  EXPECT_EQ(timers.wall_now().time_since_epoch(), 1'767'225'605s);
}

TEST(FakeRandomTest, the_same_seed_gives_the_same_numbers) {
  FakeRandom a(7), b(7), c(8);
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, a.next());
  a.always(3);
  EXPECT_EQ(a.next(), 3U);
  EXPECT_EQ(a.next(), 3U);
}

Call call_with_trail() {
  Call call;
  call.trail = std::make_shared<Trail>();
  call.trail->attempts.resize(1);
  call.request = std::make_shared<const Request>();
  return call;
}

TEST(ScriptedUpstreamTest, answers_in_the_order_of_the_script) {
  ScriptedUpstream upstream;
  upstream.answers("hello").fails(ErrorKind::upstream_rate_limited, 429);
  const Call call = call_with_trail();
  {
    auto reply = upstream.send(call).run_ready();
    ASSERT_TRUE(reply);
    const auto event = reply->events->next().run_ready();
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->whole->choices[0].text, "hello");
    EXPECT_EQ(upstream.open_replies(), 1);
    EXPECT_FALSE(reply->events->next().run_ready()->has_value());
  }
  EXPECT_EQ(upstream.open_replies(), 0);
  EXPECT_EQ(call.trail->attempts[0].status, 200);
  const auto refused = upstream.send(call).run_ready();
  EXPECT_EQ(refused.error().kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(refused.error().remote->status, 429);
  EXPECT_EQ(upstream.send(call).run_ready().error().kind, ErrorKind::internal_bug);
  EXPECT_EQ(upstream.calls(), 3);
}

TEST(ScriptedUpstreamTest, a_stream_can_break_in_its_middle) {
  ScriptedUpstream upstream;
  upstream.breaks_after({"a", "b"}, {.kind = ErrorKind::upstream_cut, .what = "reset"});
  auto reply = upstream.send(call_with_trail()).run_ready();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->streamed);
  EXPECT_EQ((**reply->events->next().run_ready()).deltas[0].text, "a");
  EXPECT_EQ((**reply->events->next().run_ready()).deltas[0].text, "b");
  EXPECT_EQ(reply->events->next().run_ready().error().kind, ErrorKind::upstream_cut);
  EXPECT_FALSE(reply->events->next().run_ready()->has_value()) << "exhausted after an error";
}

TEST(ScriptedUpstreamTest, a_slow_head_meets_the_deadline_of_the_attempt) {
  FakeTimers timers;
  timers.jump = true;
  ScriptedUpstream upstream(&timers);
  upstream.answers("late").after(10s).answers("in time").after(1s);
  Call call = call_with_trail();
  call.trail->started = timers.now();
  call.attempt_deadline = timers.now() + 3s;
  const auto late = upstream.send(call).run_ready();
  EXPECT_EQ(late.error().kind, ErrorKind::upstream_timeout_headers);
  EXPECT_EQ(call.trail->attempts[0].ended, 3s);
  call.attempt_deadline = timers.now() + 3s;
  EXPECT_TRUE(upstream.send(call).run_ready());
  EXPECT_EQ(call.trail->attempts[0].first_byte, 4s);
}

TEST(CollectingSinkTest, keeps_what_it_took) {
  CollectingSink sink;
  auto trail = std::make_shared<Trail>();
  trail->call_id = "c_1";
  sink.take(trail);
  EXPECT_EQ(sink.size(), 1U);
  EXPECT_EQ(sink.last().call_id, "c_1");
}

}  // namespace
}  // namespace plimsoll::ports
