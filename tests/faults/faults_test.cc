// Goal: whatever port fails, at whatever call, nothing crashes, no money stays
// held, no reply is leaked, the client gets an answer or an error, and the trail
// tells the truth.
// Method: each story runs once to count its port calls; then once per call with
// exactly that call failing (SQLite's counter method).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "app/fakes/road.h"

namespace plimsoll {
namespace {

using app::Got;
using app::Road;
using app::StagePorts;

/// Counts port calls and says which one has to fail.
struct Faults {
  int fail_at = -1;  // counted from 0; -1: none
  int seen = 0;
  bool now() { return seen++ == fail_at; }
};

class FaultyEvents final : public EventSource {
 public:
  FaultyEvents(std::unique_ptr<EventSource> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}
  Task<Result<std::optional<Event>>> next() override {
    if (over_) co_return std::optional<Event>();
    over_ = faults_.now();
    if (over_) co_return fail(ErrorKind::upstream_cut, "injected: the read failed");
    co_return co_await inner_->next();
  }

 private:
  std::unique_ptr<EventSource> inner_;
  Faults& faults_;
  bool over_ = false;
};

class FaultyUpstream final : public ports::Upstream {
 public:
  FaultyUpstream(ports::Upstream& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  Task<Result<Reply>> send(const Call& call) override {
    if (faults_.now()) co_return fail(ErrorKind::upstream_unreachable, "injected: no connection");
    auto reply = co_await inner_.send(call);
    if (reply) reply->events = std::make_unique<FaultyEvents>(std::move(reply->events), faults_);
    co_return reply;
  }

 private:
  ports::Upstream& inner_;
  Faults& faults_;
};

class FaultyAccounts final : public ports::Accounts {
 public:
  FaultyAccounts(ports::Accounts& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  Task<Result<std::unique_ptr<Hold>>> reserve(std::string_view account, Money amount,
                                              Deadline deadline) override {
    if (faults_.now()) co_return fail(ErrorKind::storage_failed, "injected: accounts are down");
    co_return co_await inner_.reserve(account, amount, deadline);
  }

 private:
  ports::Accounts& inner_;
  Faults& faults_;
};

class FaultyTimers final : public ports::Timers {
 public:
  FaultyTimers(ports::Timers& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  Deadline now() const noexcept override { return inner_.now(); }
  WallTime wall_now() const noexcept override { return inner_.wall_now(); }
  Task<Result<void>> sleep_until(Deadline when, CancelToken cancel) override {
    if (faults_.now()) co_return fail(ErrorKind::cancelled, "injected: the wait was cancelled");
    co_return co_await inner_.sleep_until(when, cancel);
  }

 private:
  ports::Timers& inner_;
  Faults& faults_;
};

struct Story {
  std::string name;
  std::function<Plan()> plan = app::small_plan;
  std::function<void(ports::ScriptedUpstream&)> script;
  std::string body;
};

constexpr const char* kAsk = R"({"model":"bot","messages":[{"role":"user","content":"hi"}]})";
constexpr const char* kAskStream =
    R"({"model":"bot","stream":true,"messages":[{"role":"user","content":"hi"}]})";

Plan verified_plan() {
  Plan plan = app::small_plan();
  plan.features[0].output.json = true;
  return plan;
}

std::vector<Story> stories() {
  using Upstream = ports::ScriptedUpstream;
  return {
      {.name = "whole",
       .script = [](Upstream& up) { up.answers("a").answers("b").answers("c"); },
       .body = kAsk},
      {.name = "stream",
       .script =
           [](Upstream& up) {
             for (int i = 0; i < 3; ++i) up.streams_text({"he", "llo"});
           },
       .body = kAskStream},
      {.name = "retry",
       .script =
           [](Upstream& up) {
             up.fails(ErrorKind::upstream_server_error, 500).answers("b").answers("c");
           },
       .body = kAsk},
      {.name = "verified",
       .plan = verified_plan,
       .script = [](Upstream& up) { up.answers("no").answers("{}").answers("{}"); },
       .body = kAsk},
      {.name = "verified_stream",
       .plan = verified_plan,
       .script =
           [](Upstream& up) {
             for (int i = 0; i < 3; ++i) up.streams_text({"{", "}"});
           },
       .body = kAskStream},
  };
}

/// Runs one story with one failing call; returns how many port calls it made.
int run(const Story& story, int fail_at) {
  Faults faults{.fail_at = fail_at};
  std::unique_ptr<FaultyUpstream> upstream;
  std::unique_ptr<FaultyAccounts> accounts;
  std::unique_ptr<FaultyTimers> timers;
  Road road(story.plan(), [&](const StagePorts& fakes) {
    upstream = std::make_unique<FaultyUpstream>(fakes.upstream, faults);
    accounts = std::make_unique<FaultyAccounts>(fakes.accounts, faults);
    timers = std::make_unique<FaultyTimers>(fakes.timers, faults);
    return StagePorts{.timers = *timers,
                      .random = fakes.random,
                      .accounts = *accounts,
                      .upstream = *upstream,
                      .targets = fakes.targets,
                      .calibration = fakes.calibration,
                      .keys = fakes.keys,
                      .budgets = fakes.budgets,
                      .limits = fakes.limits,
                      .answers = fakes.answers,
                      .flights = fakes.flights};
  });
  story.script(road.upstream);
  const Got got = road.send(story.body);

  EXPECT_EQ(road.accounts.books.held, Money{0}) << "a hold was leaked";
  EXPECT_EQ(road.upstream.open_replies(), 0) << "a reply was leaked";
  EXPECT_EQ(road.sink.size(), 1U) << "one call leaves one trail";
  const Trail& trail = road.trail();
  EXPECT_EQ(trail.error.has_value(), got.error.has_value())
      << "the trail tells what the client saw";
  if (!got.error) {
    const std::size_t clean_ends =
        got.streamed ? got.bytes.find("[DONE]") : got.bytes.find("choices");
    EXPECT_NE(clean_ends, std::string::npos) << "an answer without error is whole";
  }
  EXPECT_LE(trail.attempts.size(), 3U) << "the attempt budget holds";
  Money charged;
  for (const AttemptTrail& attempt : trail.attempts) {
    EXPECT_TRUE(attempt.cost.has_value()) << "every attempt is billed, thrown-away ones included";
    charged += attempt.cost.value_or(Money{});
    EXPECT_GE(attempt.ended, attempt.started);
  }
  EXPECT_EQ(road.accounts.books.spent, charged) << "books and trail agree";
  return faults.seen;
}

TEST(FaultsTest, every_port_call_fails_once_at_every_position) {
  for (const Story& story : stories()) {
    const int calls = run(story, -1);
    EXPECT_GT(calls, 2) << story.name << " injects nothing";
    for (int i = 0; i < calls; ++i) {
      SCOPED_TRACE(story.name + ", failing call " + std::to_string(i));
      run(story, i);
    }
  }
}

}  // namespace
}  // namespace plimsoll
