#include "stages/internal/climb.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalogue/reasoning.h"
#include "model/failure_rules.h"
#include "stages/internal/climb_rules.h"
#include "stages/internal/held_events.h"

namespace plimsoll::stages {
namespace {

using ports::Admission;
using ports::AnswerShape;
using ports::Permit;
using ports::Sending;

/// A call that was held back this often goes down or gives up.
constexpr int kHoldsMax = 20;

bool is_pace(ErrorKind kind) {
  return kind == ErrorKind::upstream_rate_limited || kind == ErrorKind::upstream_ramping;
}

/// In pass mode the reply is committed by its first content: until then a
/// failure is invisible. Pulls up to there and puts what it pulled in front.
Task<Result<void>> pull_to_first_content(Reply& reply) {
  std::vector<Event> held;
  bool committed = false;
  while (!committed) {
    PLIMSOLL_CO_TRY(std::optional<Event> event, co_await reply.events->next());
    if (!event) break;
    committed = event->has_content() || !event->finishes.empty();
    held.push_back(std::move(*event));
  }
  reply.events = std::make_unique<HeldEvents>(std::move(held), std::move(reply.events));
  co_return Result<void>();
}

std::string_view words_for(Admission::Answer answer) {
  return answer == Admission::Answer::cooling ? "target is cooling down" : "target is resting";
}

Error held_error(const Call& call, std::size_t rung, const Admission& admission, Deadline now) {
  const ModelEntry& model = model_of(call, rung);
  const std::string& provider = call.plan->providers[model.provider].name;
  const auto wait = std::chrono::ceil<milliseconds>(admission.until - now);
  if (admission.answer == Admission::Answer::cooling)
    return {.kind = admission.why,
            .what = fmt::format("\"{}\" asked for a pause of {}, of which {} ms are left", provider,
                                model.upstream_model, wait.count()),
            .hint = "send less, or add a model of another provider to the ladder",
            .retry_after = wait};
  return {
      .kind = ErrorKind::upstream_resting,
      .what = fmt::format("{} of \"{}\" failed too often (last: {}) and rests for {} ms",
                          model.upstream_model, provider, to_string(admission.why), wait.count()),
      .hint = "try again later, or add a model of another provider to the ladder",
      .retry_after = wait};
}

}  // namespace

Climb::Climb(Call& call, pipeline::Next next, ClimbPorts ports)
    : call_(call), next_(next), ports_(ports) {}

Task<Result<Reached>> Climb::reach() {
  while (true) {
    Place place = ask();
    if (!place.free()) {
      auto found = co_await find_place(place);
      if (!found && !fall_back(found.error())) co_return std::unexpected(std::move(found).error());
      if (!found) place = ask();
    }
    Permit permit(std::move(place.target), place.admission);
    if (rung(rung_).asks_model() && call_.allowance->attempts_left <= 0)  // taken away meanwhile
      co_return fail(ErrorKind::cancelled, "the client has gone");
    auto reply = co_await attempt();
    const Deadline now = ports_.timers.now();
    if (reply) {
      permit.answered(reply->streamed ? AnswerShape::streamed : AnswerShape::whole, now);
      Reached reached{.reply = std::move(*reply), .permit = std::move(permit)};
      co_return reached;
    }
    permit.failed(reply.error().kind, now);
    auto going_on = co_await go_on_after(std::move(reply).error());
    if (!going_on) co_return std::unexpected(std::move(going_on).error());
  }
}

Task<Result<Reached>> Climb::rescue(Error error) {
  const AfterFailure then = rule_for(error.kind).then;
  const bool over =
      then == AfterFailure::stop || call_.allowance->attempts_left <= 0 || call_.cancel.cancelled();
  const bool stays = then == AfterFailure::again || then == AfterFailure::ask_again;
  if (over || !go_down(stays ? AfterFailure::next_rung : then, Down::models))
    co_return std::unexpected(std::move(error));
  co_return co_await reach();
}

/// Asks the target of this rung for leave. An answer of our own needs none, and
/// no time.
Climb::Place Climb::ask() const {
  Place place{.target = ports_.targets.of(call_, rung_), .now = ports_.timers.now()};
  if (place.target == nullptr) {
    place.in_time = true;
    return place;
  }
  place.in_time = place.now < call_.allowance->deadline;
  if (place.in_time) place.admission = place.target->ask(sending_, place.now);
  return place;
}

/// Waits until the target of this rung, or of one further down, admits us.
Task<Result<void>> Climb::find_place(Place& place) {
  while (!place.free()) {
    if (!place.in_time) co_return std::unexpected(out_of_time());
    note_held(place.admission);
    const Patience patience{.now = place.now,
                            .deadline = call_.allowance->deadline,
                            .another_rung = !is_last_rung(),
                            .rules = call_.feature->retry};
    if (++holds_ <= kHoldsMax && worth_waiting(place.admission, patience)) {
      const Deadline until = release(place.now, place.admission.until, ports_.random.next());
      auto slept = co_await ports_.timers.sleep_until(until, call_.cancel);
      if (!slept) co_return std::unexpected(std::move(slept).error());
      waited_ += ports_.timers.now() - place.now;
    } else if (!go_down(AfterFailure::next_rung)) {
      Error held = held_error(call_, rung_, place.admission, place.now);
      co_return std::unexpected(final_error(std::move(held)));
    }
    place = ask();
  }
  co_return Result<void>();
}

/// One try: its place in the Trail, its deadline, and the first content.
Task<Result<Reply>> Climb::attempt() {
  const Deadline now = ports_.timers.now();
  call_.rung = static_cast<int>(rung_);
  call_.attempt = call_.trail->attempts.size();
  call_.first_token = first_token_limit();
  const Feature& feature = *call_.feature;
  const bool open_ended = call_.request->stream && feature.output.mode() == StreamMode::pass;
  call_.attempt_deadline = open_ended
                               ? call_.allowance->deadline
                               : sooner(call_.allowance->deadline, now + feature.timeouts.attempt);
  AttemptTrail& trail = call_.trail->attempts.emplace_back();
  trail.rung = call_.rung;
  trail.started = now - call_.trail->started;
  trail.waited_before = std::exchange(waited_, nanoseconds{0});
  if (rung(rung_).asks_model()) --call_.allowance->attempts_left;

  auto reply = co_await next_(call_);
  if (reply && reply->streamed) {
    auto pulled = co_await pull_to_first_content(*reply);
    if (!pulled) reply = std::unexpected(std::move(pulled).error());
  }
  if (!reply) {
    AttemptTrail& failed = call_.trail->attempts[call_.attempt];
    failed.error = reply.error().kind;
    failed.error_text = reply.error().what;
    if (failed.ended < nanoseconds{0}) failed.ended = ports_.timers.now() - call_.trail->started;
  }
  co_return reply;
}

/// Decides what comes after a failed attempt, and waits where a back-off is due.
/// Returns the error that ends the call when nothing is left to try.
Task<Result<void>> Climb::go_on_after(Error error) {
  const FailureRule& rule = rule_for(error.kind);
  last_failure_ = std::move(error);
  const auto target = ports_.targets.of(call_, rung_);
  const bool paced =
      target != nullptr && (is_pace(rule.kind) ||
                            last_failure_->retry_after.value_or(milliseconds{0}) > milliseconds{0});
  if (paced) target->cool(last_failure_->retry_after, rule.kind, ports_.timers.now());
  if (rule.then == AfterFailure::stop || call_.allowance->attempts_left <= 0) {
    if (!fall_back(*last_failure_)) co_return std::unexpected(*last_failure_);
    co_return Result<void>();
  }
  if (call_.cancel.cancelled()) co_return fail(ErrorKind::cancelled, "the client has gone");

  const bool stays = rule.then == AfterFailure::again || rule.then == AfterFailure::ask_again;
  if (stays && may_try_rung_again()) {
    if (rule.then == AfterFailure::ask_again) co_return Result<void>();
    const bool transport = rule.breaker == BreakerCount::failure;
    const bool may_resend =
        !transport || (call_.trail->client_retry == 0 && target->take_resend(ports_.timers.now()));
    if (may_resend) {
      sending_ = transport ? Sending::again : Sending::first;
      if (paced) co_return Result<void>();  // `find_place` keeps the wait
      auto rested = co_await back_off();
      if (rested || rested.error().kind != ErrorKind::deadline_exceeded) co_return rested;
    }
  }
  const AfterFailure down =
      rule.then == AfterFailure::other_account ? rule.then : AfterFailure::next_rung;
  if (!go_down(down)) co_return std::unexpected(*last_failure_);
  co_return Result<void>();
}

/// Errors: deadline_exceeded when the wait does not fit; cancelled.
Task<Result<void>> Climb::back_off() {
  const Deadline now = ports_.timers.now();
  const milliseconds wait = backoff(call_.feature->retry, retries_, ports_.random.next());
  if (now + wait >= call_.allowance->deadline) co_return std::unexpected(out_of_time());
  ++retries_;
  waited_ += wait;
  co_return co_await ports_.timers.sleep_until(now + wait, call_.cancel);
}

/// Moves to where a call goes on that leaves its target, if there is such a
/// place.
bool Climb::go_down(AfterFailure then, Down to) {
  const bool leaves_account = then == AfterFailure::other_account && rung(rung_).asks_model();
  const std::size_t here = leaves_account ? model_of(call_, rung_).provider : 0;
  for (std::size_t next = rung_ + 1; next < call_.feature->ladder.size(); ++next) {
    const bool asks = rung(next).asks_model();
    if (to != Down::any && asks != (to == Down::models)) continue;
    if (leaves_account && asks && model_of(call_, next).provider == here) continue;
    rung_ = next;
    retries_ = 0;
    sending_ = Sending::first;
    return true;
  }
  return false;
}

/// Where no further try of a model is left, or no time for one, a rung that
/// answers without one still does. What is refused everywhere is refused here too.
bool Climb::fall_back(const Error& error) {
  const bool out_of_time = error.kind == ErrorKind::deadline_exceeded;
  const bool over = rule_for(error.kind).then == AfterFailure::stop && !out_of_time;
  if (over || call_.cancel.cancelled()) return false;
  return go_down(AfterFailure::next_rung, Down::own_answers);
}

std::size_t Climb::models_below() const {
  const auto& ladder = call_.feature->ladder;
  return static_cast<std::size_t>(
      std::count_if(ladder.begin() + static_cast<std::ptrdiff_t>(rung_) + 1, ladder.end(),
                    [](const Rung& one) { return one.asks_model(); }));
}

/// Models below this one each keep one attempt: retries of the first must not
/// eat the chance of the second.
bool Climb::may_try_rung_again() const {
  return rung(rung_).asks_model() &&
         call_.allowance->attempts_left > static_cast<int>(models_below());
}

/// True when no other model is left to ask.
bool Climb::is_last_rung() const { return models_below() == 0; }

/// A slow first token is left early where there is somewhere to go, and borne
/// where there is not, or where the model thinks before it speaks.
milliseconds Climb::first_token_limit() const {
  constexpr milliseconds kWithAnotherRung{12'000}, kElse{60'000};
  if (const auto& stated = call_.feature->timeouts.first_token) return *stated;
  const bool patient = !rung(rung_).asks_model() || is_last_rung() ||
                       catalogue::thinks_first(model_of(call_, rung_).upstream_model);
  return patient ? kElse : kWithAnotherRung;
}

/// What an upstream said is worth more to a client than that another one rests.
Error Climb::final_error(Error otherwise) const {
  if (last_failure_) return *last_failure_;
  return otherwise;
}

Error Climb::out_of_time() const {
  const auto total =
      std::chrono::duration_cast<milliseconds>(call_.allowance->deadline - call_.trail->started);
  return {.kind = ErrorKind::deadline_exceeded,
          .what = fmt::format("no answer within the call's {} ms after {} attempts", total.count(),
                              call_.trail->attempts.size()),
          .hint = "raise timeouts.total, or put a faster model on the ladder"};
}

/// Proof that a target was left out, once per rung.
void Climb::note_held(const Admission& admission) {
  if (std::exchange(rung_noted_, rung_) == rung_) return;
  call_.trail->controls.push_back(
      {.control = "ladder", .passed = false, .note = words_for(admission.answer)});
}

}  // namespace plimsoll::stages
