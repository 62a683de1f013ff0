#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/fakes/scripted_events.h"
#include "ports/timers.h"
#include "ports/upstream.h"

namespace plimsoll::ports {

/// An upstream that follows a script, one entry per send. Past its end it
/// answers internal_bug. One thread. Must outlive the replies it gave.
///
/// With timers it keeps time: `after` delays a head, `between` delays events,
/// and the call's attempt_deadline and cancel are honoured while it waits.
class ScriptedUpstream final : public Upstream {
 public:
  using nanoseconds = std::chrono::nanoseconds;

  explicit ScriptedUpstream(Timers* timers = nullptr) : timers_(timers) {}

  /// What was sent, for tests that ask where an attempt went.
  struct Sent {
    std::string provider, key, model, body;
    int rung = 0;
    std::size_t attempt = 0;
    Deadline attempt_deadline = kNoDeadline;
    std::chrono::milliseconds first_token{0};
    std::string correction;  // its words
    bool correction_schema = false;
    bool cold = false;  // asked at temperature 0
  };

  ScriptedUpstream& answers(Answer answer) {
    Step step;
    step.events.push_back(scripted::whole(std::move(answer)));
    return add(std::move(step));
  }
  ScriptedUpstream& answers(std::string text,
                            std::optional<Usage> usage = Usage{.input = 10, .output = 5}) {
    return answers(scripted::answer(std::move(text), usage));
  }

  /// A stream of exactly these events, then a clean end, or `cut`.
  ScriptedUpstream& streams(std::vector<Event> events, std::optional<Error> cut = {}) {
    Step step;
    step.streamed = true;
    step.events = std::move(events);
    step.cut = std::move(cut);
    return add(std::move(step));
  }
  /// A stream of these texts with finish, usage and [DONE] at its end.
  ScriptedUpstream& streams_text(const std::vector<std::string>& pieces,
                                 std::optional<Usage> usage = Usage{.input = 10, .output = 5}) {
    std::vector<Event> events;
    for (const std::string& piece : pieces) events.push_back(scripted::text(piece));
    events.push_back(scripted::finish());
    if (usage) events.push_back(scripted::usage(*usage));
    events.push_back(scripted::done());
    return streams(std::move(events));
  }
  /// A stream that breaks with `cut` after these texts.
  ScriptedUpstream& breaks_after(const std::vector<std::string>& pieces, Error cut) {
    std::vector<Event> events;
    for (const std::string& piece : pieces) events.push_back(scripted::text(piece));
    return streams(std::move(events), std::move(cut));
  }

  ScriptedUpstream& fails(Error error) {
    Step step;
    step.error = std::move(error);
    return add(std::move(step));
  }
  ScriptedUpstream& fails(ErrorKind kind, int status = 0) {
    Error error{.kind = kind, .what = "scripted failure"};
    if (status != 0)
      error.remote = std::make_shared<const RemoteAnswer>(
          RemoteAnswer{.status = status, .content_type = "application/json", .body = "{}"});
    return fails(std::move(error));
  }

  /// The entry added last waits this long before its head; needs timers.
  ScriptedUpstream& after(nanoseconds wait) {
    script_.back().before_head = wait;
    return *this;
  }
  /// ... and this long before each of its events.
  ScriptedUpstream& between(nanoseconds wait) {
    script_.back().before_event = wait;
    return *this;
  }

  /// Takes the next entry out of the script.
  void drop_next() { script_.pop_front(); }

  int calls() const noexcept { return static_cast<int>(sent_.size()); }
  const std::vector<Sent>& sent() const noexcept { return sent_; }
  std::size_t unused() const noexcept { return script_.size(); }
  /// Event sources given out and not yet destroyed.
  int open_replies() const noexcept { return open_; }

  Task<Result<Reply>> send(const Call& call) override {
    note(call);
    if (script_.empty()) co_return fail(ErrorKind::internal_bug, "the script is over");
    Step step = std::move(script_.front());
    script_.pop_front();
    mark(call, &AttemptTrail::started);
    const Result<void> waited = co_await wait(step.before_head, call.attempt_deadline, call.cancel,
                                              ErrorKind::upstream_timeout_headers);
    if (!waited) {
      mark(call, &AttemptTrail::ended);
      co_return std::unexpected(waited.error());
    }
    mark(call, &AttemptTrail::first_byte);
    if (step.error) {
      if (AttemptTrail* attempt = attempt_of(call); attempt != nullptr && step.error->remote)
        attempt->status = step.error->remote->status;
      mark(call, &AttemptTrail::ended);
      co_return std::unexpected(std::move(*step.error));
    }
    if (AttemptTrail* attempt = attempt_of(call)) attempt->status = 200;
    Reply reply;
    reply.streamed = step.streamed;
    reply.events = std::make_unique<Events>(*this, std::move(step), call);
    co_return reply;
  }

 private:
  struct Step {
    bool streamed = false;
    std::vector<Event> events;
    std::optional<Error> cut;
    std::optional<Error> error;
    nanoseconds before_head{0}, before_event{0};
  };

  class Events final : public EventSource {
   public:
    Events(ScriptedUpstream& upstream, Step step, const Call& call)
        : upstream_(upstream), step_(std::move(step)), call_(call) {
      ++upstream_.open_;
    }
    ~Events() override {
      upstream_.mark(call_, &AttemptTrail::ended);
      --upstream_.open_;
    }

    Task<Result<std::optional<Event>>> next() override {
      if (over_) co_return std::optional<Event>{};
      Result<void> waited = co_await upstream_.wait(step_.before_event, call_.attempt_deadline,
                                                    call_.cancel, ErrorKind::upstream_timeout_idle);
      if (!waited) {
        over_ = true;
        co_return std::unexpected(std::move(waited).error());
      }
      if (at_ < step_.events.size()) {
        Event event = std::move(step_.events[at_++]);
        if (event.has_content()) upstream_.mark(call_, &AttemptTrail::first_content);
        co_return std::optional<Event>(std::move(event));
      }
      over_ = true;
      upstream_.mark(call_, &AttemptTrail::ended);
      if (step_.cut) co_return std::unexpected(std::move(*step_.cut));
      co_return std::optional<Event>{};
    }

   private:
    ScriptedUpstream& upstream_;
    Step step_;
    Call call_;  // shares the trail; keeps plan and request alive
    std::size_t at_ = 0;
    bool over_ = false;
  };

  ScriptedUpstream& add(Step step) {
    script_.push_back(std::move(step));
    return *this;
  }

  void note(const Call& call) {
    Sent sent{.rung = call.rung,
              .attempt = call.attempt,
              .attempt_deadline = call.attempt_deadline,
              .first_token = call.first_token};
    if (call.target.provider != nullptr) {
      sent.provider = call.target.provider->name;
      sent.key = call.target.provider->key.reveal();
    }
    if (call.target.model != nullptr) sent.model = call.target.model->upstream_model;
    if (call.request) sent.body = call.request->body;
    if (call.correction) sent.correction = call.correction->words;
    sent.cold = call.cold;
    sent.correction_schema = call.correction && !call.correction->schema.empty();
    sent_.push_back(std::move(sent));
  }

  /// Sleeps, at most until the attempt's deadline, and says what came first.
  Task<Result<void>> wait(nanoseconds how_long, Deadline deadline, CancelToken cancel,
                          ErrorKind timeout) {
    if (cancel.cancelled()) co_return fail(ErrorKind::cancelled, "the call was cancelled");
    if (timers_ == nullptr || how_long <= nanoseconds{0}) co_return Result<void>{};
    const Deadline when = timers_->now() + how_long;
    Result<void> slept = co_await timers_->sleep_until(sooner(when, deadline), cancel);
    if (slept && deadline < when) co_return fail(timeout, "the attempt's deadline passed");
    co_return slept;
  }

  static AttemptTrail* attempt_of(const Call& call) {
    if (!call.trail || call.attempt >= call.trail->attempts.size()) return nullptr;
    return &call.trail->attempts[call.attempt];
  }

  /// Notes the time of something that happens once per attempt.
  void mark(const Call& call, nanoseconds AttemptTrail::* when) const {
    AttemptTrail* attempt = attempt_of(call);
    if (attempt == nullptr || attempt->*when >= nanoseconds{0}) return;
    attempt->*when = timers_ == nullptr ? nanoseconds{0} : timers_->now() - call.trail->started;
  }

  Timers* timers_;
  std::deque<Step> script_;
  std::vector<Sent> sent_;
  int open_ = 0;
};

}  // namespace plimsoll::ports
