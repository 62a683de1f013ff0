#include "stages/cache.h"

#include <algorithm>
#include <utility>

#include "model/answer_builder.h"
#include "stages/internal/control_timer.h"
#include "stages/internal/held_events.h"
#include "stages/internal/made_reply.h"

namespace plimsoll::stages {
namespace {

using State = ports::Flight::State;

/// An answer that is longer than this is not kept, and not shared.
constexpr std::size_t kKeptBytesMax = 1024 * 1024;

/// Between two looks at a flight that another thread may end.
constexpr milliseconds kFirstLook{1}, kLongestLook{10};

/// However long the call may take, nobody waits longer for another one's.
constexpr std::chrono::seconds kLongestWait{30};

/// So often a call waits for one more leader after the last one's client left.
constexpr int kLeadersMax = 8;

/// Collects a reply as it passes, and says at its clean end what it was.
class Collector {
 public:
  void take(const Event& event) {
    bytes_ += event.raw.size();
    for (const Delta& delta : event.deltas) bytes_ += delta.text.size();
    if (bytes_ > kKeptBytesMax) return;
    Event content = event;
    content.raw.clear();
    builder_.add(std::move(content));
  }
  std::optional<Answer> answer() && {
    if (bytes_ > kKeptBytesMax) return std::nullopt;
    return std::move(builder_).take();
  }

 private:
  AnswerBuilder builder_;
  std::size_t bytes_ = 0;
};

bool ended_well(const Answer& answer) {
  return !answer.choices.empty() && std::ranges::all_of(answer.choices, [](const Choice& choice) {
    const bool whole = choice.finish == Finish::stop || choice.finish == Finish::tool_calls;
    return whole && choice.refusal.empty();
  });
}

}  // namespace

/// What becomes of the answer to one leading call. Copies what it uses of the call.
struct Cache::Keeping {
  const Cache& cache;
  Call call;
  ports::CacheKey key;
  ports::Lead lead;

  /// `answer` came to its clean end. Kept and shared, if it may be.
  void finish(std::optional<Answer> answer) {
    const bool good = answer && call.trail->fallback.empty() && ended_well(*answer) &&
                      cache.passes(call, *answer);
    if (!good) return lead.failed();
    if (call.cache.keep) {
      const WallTime now = cache.ports_.timers.wall_now();
      ports::KeptAnswer kept{.answer = *answer,
                             .feature = call.feature->name,
                             .model = answer->model,
                             .key_id = call.trail->key_id,
                             .kept_at = now,
                             .until = now + call.feature->cache.ttl};
      if (!call.trail->attempts.empty()) kept.model = call.trail->answered_by().model;
      cache.ports_.answers.keep(key, std::move(kept));
    }
    lead.answered(std::make_shared<const Answer>(std::move(*answer)));
  }
};

namespace {

/// A stream that is kept when it has come to its end. When it is dropped before, the
/// client left, and the lead goes to somebody else.
template <class Keeping>
class KeepingEvents final : public EventSource {
 public:
  KeepingEvents(std::unique_ptr<EventSource> inner, Keeping keeping)
      : inner_(std::move(inner)), keeping_(std::move(keeping)) {}

  Task<Result<std::optional<Event>>> next() override {
    auto event = co_await inner_->next();
    if (over_) co_return event;
    if (event && event->has_value()) {
      collector_.take(**event);
      co_return event;
    }
    over_ = true;
    if (event)
      keeping_.finish(std::move(collector_).answer());
    else if (event.error().kind != ErrorKind::cancelled)
      keeping_.lead.failed();
    co_return event;
  }
  bool ready() const noexcept override { return inner_->ready(); }

 private:
  std::unique_ptr<EventSource> inner_;
  Keeping keeping_;
  Collector collector_;
  bool over_ = false;
};

}  // namespace

Result<std::unique_ptr<Cache>> Cache::compile(const Plan& plan, Ports ports) {
  std::vector<checks::ReplyChecks> checks;
  for (const Feature& feature : plan.features) {
    PLIMSOLL_TRY(auto compiled, checks::ReplyChecks::compile(feature.output));
    checks.push_back(std::move(compiled));
  }
  return std::unique_ptr<Cache>(new Cache(ports, CacheKeys(plan), std::move(checks)));
}

namespace {

/// Most requests of a feature without the line `cache` state no temperature: they
/// are told without a look into their JSON.
bool is_out_of_question(const Call& call) {
  if (call.feature == &call.plan->default_feature) return true;
  switch (call.feature->cache.use) {
    case CacheRules::Use::off: return true;
    case CacheRules::Use::on: return false;
    case CacheRules::Use::automatic:
      return call.request->body.find("\"temperature\"") == std::string::npos;
  }
  return true;
}

}  // namespace

Task<Result<Reply>> Cache::handle(Call& call, pipeline::Next next) const {
  if (is_out_of_question(call) || !(call.cache.look_up || call.cache.keep)) return next(call);
  return look_up(call, next);
}

Task<Result<Reply>> Cache::look_up(Call& call, pipeline::Next next) const {
  const ControlTimer timer(ports_.timers, "cache", *call.trail);
  auto key = keys_.of(call);
  if (!key) co_return co_await next(call);
  call.bytes_only = false;
  if (call.cache.look_up) {
    if (const auto found = kept(call, *key)) {
      call.trail->cache = "hit";
      timer.passed(*call.trail, -1, "hit");
      Answer answer = found->answer;
      co_return reply_of(std::move(answer), call.request->stream);
    }
  }
  call.trail->cache = call.cache.look_up ? "miss" : "bypass";
  timer.passed(*call.trail, -1, call.trail->cache);
  if (!call.cache.look_up) {
    ports::Boarding alone;
    co_return co_await lead(call, next, std::move(*key), std::move(alone.lead));
  }
  co_return co_await join(call, next, std::move(*key));
}

/// What is kept under `key`, if the checks of today still pass it.
std::shared_ptr<const ports::KeptAnswer> Cache::kept(const Call& call,
                                                     const ports::CacheKey& key) const {
  auto found = ports_.answers.find(key, ports_.timers.wall_now());
  if (found == nullptr || passes(call, found->answer)) return found;
  ports_.answers.drop(key);
  return nullptr;
}

bool Cache::passes(const Call& call, const Answer& answer) const {
  return checks_[call.feature->index].judge(answer, *call.request).passed();
}

Task<Result<Reply>> Cache::join(Call& call, pipeline::Next next, ports::CacheKey key) const {
  for (int leaders = 0; leaders < kLeadersMax; ++leaders) {
    auto boarding = ports_.flights.board(key.text);
    if (boarding.lead) {
      // The one before may have landed between the look-up and now.
      if (const auto found = leaders > 0 ? kept(call, key) : nullptr) {
        boarding.lead.answered(std::make_shared<const Answer>(found->answer));
        call.trail->cache = "joined";
        Answer answer = found->answer;
        co_return reply_of(std::move(answer), call.request->stream);
      }
      co_return co_await lead(call, next, std::move(key), std::move(boarding.lead));
    }
    const State state = co_await wait_for(call, *boarding.flight);
    if (call.cancel.cancelled()) co_return fail(ErrorKind::cancelled, "the client has gone");
    if (state == State::answered) {
      call.trail->cache = "joined";
      call.trail->controls.push_back({.control = "cache", .note = "joined"});
      Answer answer = *boarding.flight->answer();
      co_return reply_of(std::move(answer), call.request->stream);
    }
    if (state != State::left) break;
  }
  ports::Boarding alone;
  co_return co_await lead(call, next, std::move(key), std::move(alone.lead));
}

/// Looks at it from time to time: it may be led by another thread. Half of the time
/// that is left stays for asking alone, should the leader's client read too slowly.
Task<State> Cache::wait_for(const Call& call, const ports::Flight& flight) const {
  milliseconds look = kFirstLook;
  const Deadline began = ports_.timers.now();
  const auto left = call.allowance->deadline - began;
  const Deadline until = began + std::min<std::chrono::nanoseconds>(left / 2, kLongestWait);
  while (true) {
    const State state = flight.state();
    const Deadline now = ports_.timers.now();
    if (state != State::under_way) co_return state;
    if (now + look >= until) co_return State::failed;
    auto slept = co_await ports_.timers.sleep_until(now + look, call.cancel);
    if (!slept) co_return State::failed;
    look = std::min(look * 2, kLongestLook);
  }
}

/// Asks, and keeps what comes. What is held anyway is judged at once, so that nobody
/// waits for how fast this call's client reads.
Task<Result<Reply>> Cache::lead(Call& call, pipeline::Next next, ports::CacheKey key,
                                ports::Lead lead) const {
  auto reply = co_await next(call);
  if (!reply) {
    if (reply.error().kind != ErrorKind::cancelled) lead.failed();
    co_return reply;
  }
  Keeping keeping{.cache = *this, .call = call, .key = std::move(key), .lead = std::move(lead)};
  const bool held = !reply->streamed || call.feature->output.mode() == StreamMode::verified;
  if (!held) {
    reply->events =
        std::make_unique<KeepingEvents<Keeping>>(std::move(reply->events), std::move(keeping));
    co_return reply;
  }
  std::vector<Event> events;
  Collector collector;
  while (true) {
    auto event = co_await reply->events->next();
    if (!event) {
      if (event.error().kind != ErrorKind::cancelled) keeping.lead.failed();
      co_return std::unexpected(std::move(event).error());
    }
    if (!event->has_value()) break;
    collector.take(**event);
    const bool whole = (*event)->kind == Event::Kind::whole;
    events.push_back(std::move(**event));
    if (whole) break;
  }
  keeping.finish(std::move(collector).answer());
  reply->events = std::make_unique<HeldEvents>(std::move(events), std::move(reply->events));
  co_return reply;
}

}  // namespace plimsoll::stages
