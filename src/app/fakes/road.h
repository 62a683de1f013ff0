#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/call_maker.h"
#include "app/pipeline_order.h"
#include "base/hash.h"
#include "ports/fakes/collecting_sink.h"
#include "ports/fakes/fake_accounts.h"
#include "ports/fakes/fake_keys.h"
#include "ports/fakes/fake_random.h"
#include "ports/fakes/fake_timers.h"
#include "ports/fakes/scripted_upstream.h"
#include "stages/record.h"
#include "store/embedded/budgets.h"
#include "store/embedded/flights.h"
#include "store/embedded/limits.h"
#include "store/embedded/memory_answers.h"
#include "store/embedded/target_health.h"

namespace plimsoll::app {

/// A plan of one provider and two priced models, "small" and "large", at
/// 1,000 and 2,000 nano-dollars a token in and out (1 $ and 2 $ per million
/// would be 1,000,000,000 and 2,000,000,000 per million).
inline Plan small_plan() {
  constexpr std::int64_t kMicroDollarPerToken = 1'000'000'000;
  Plan plan;
  plan.version = "test";
  plan.providers.push_back({.name = "up", .base_url = "http://127.0.0.1:1/v1"});
  const Price price{.input = kMicroDollarPerToken, .output = 2 * kMicroDollarPerToken};
  plan.models.push_back({.name = "small", .upstream_model = "m-small", .price = price});
  plan.models.push_back({.name = "large", .upstream_model = "m-large", .price = price});
  plan.default_feature.name = "";
  plan.default_feature.ladder = {{.model = 0}};
  Feature feature;
  feature.name = "bot";
  feature.ladder = {{.model = 0}, {.model = 1}};
  plan.features.push_back(std::move(feature));
  return plan;
}

/// What a client of the road got.
struct Got {
  std::string bytes;  // of all events, in order
  std::optional<Error> error;
  bool streamed = false;
};

/// The whole pipeline between a script and a list of trails, on fakes.
class Road {
 public:
  /// `wrap` may put other ports, which must outlive the road, around the fakes.
  using Wrap = std::function<StagePorts(const StagePorts& fakes)>;

  explicit Road(
      Plan plan = small_plan(), const Wrap& wrap = [](const StagePorts& fakes) { return fakes; })
      : plan_(std::make_shared<const Plan>(std::move(plan))) {
    timers.jump = true;
    const StagePorts fakes{.timers = timers,
                           .random = random,
                           .accounts = accounts,
                           .upstream = upstream,
                           .targets = targets,
                           .calibration = calibration,
                           .keys = keys,
                           .budgets = budgets,
                           .limits = limits,
                           .answers = answers,
                           .flights = flights};
    pipeline_ = std::move(*make_pipeline(*plan_, wrap(fakes)));
  }

  ports::FakeTimers timers;
  ports::FakeRandom random;
  ports::FakeAccounts accounts;
  ports::ScriptedUpstream upstream{&timers};
  store::EmbeddedTargetHealth targets{random};
  ports::CollectingSink sink;
  tokens::Calibration calibration;
  ports::FakeKeys keys;
  store::EmbeddedBudgets budgets;
  store::EmbeddedLimits limits;
  store::MemoryAnswers answers{1024 * 1024};
  store::EmbeddedFlights flights;
  CancelSource cancel;
  CallOrigin origin;
  int client_retry = 0;  // what the client says of its own tries

  Got send(std::string body) { return start(std::move(body)).run_ready(); }
  /// The call as a task, for a clock that does not jump.
  Task<Got> start(std::string body) {
    origin.cancel = cancel.token();
    return run(std::move(body));
  }
  const Trail& trail() const { return sink.last(); }

  /// A target has asked for a wait; `name.key` is the credential itself.
  void cool(ports::TargetName name, milliseconds wait) {
    if (!name.key.empty()) name.key = fingerprint(name.key).substr(0, 12);
    targets.of(name, {})->cool(wait, ErrorKind::upstream_rate_limited, timers.now());
  }

 private:
  Task<Got> run(std::string body) {
    const stages::OpenTrail open(sink, timers, random);
    (*open).client_retry = client_retry;
    Serving serving{.plan = plan_};
    auto call = make_call(serving, std::move(body), origin, open.shared());
    if (!call) co_return Got{.error = call.error()};
    auto reply = co_await pipeline_->run(*call);
    if (!reply) co_return Got{.error = reply.error()};
    Got got{.streamed = reply->streamed};
    while (true) {
      auto event = co_await reply->events->next();
      if (!event) {
        got.error = event.error();
        break;
      }
      if (!event->has_value()) break;
      got.bytes += (*event)->raw;
      if ((*event)->raw.empty())
        for (const Delta& delta : (*event)->deltas) got.bytes += delta.text;
      if ((*event)->raw.empty() && (*event)->whole)
        for (const Choice& choice : (*event)->whole->choices) got.bytes += choice.text;
    }
    co_return got;
  }

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
};

}  // namespace plimsoll::app
