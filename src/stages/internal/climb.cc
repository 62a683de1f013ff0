#include "stages/internal/climb.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

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

/// Of two refusals the one that is over first; but a wait that was named can be kept,
/// and a rest cannot.
bool is_better(const Admission& one, const Admission& other) {
  if (one.admitted()) return true;
  if (one.answer != other.answer) return one.answer == Admission::Answer::cooling;
  return one.until < other.until;
}

std::string_view words_for(Admission::Answer answer) {
  return answer == Admission::Answer::cooling ? "target is cooling down" : "target is resting";
}

Error held_error(const Call& call, const ModelEntry& model, const Admission& admission,
                 Deadline now) {
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
    : call_(call), next_(next), ports_(ports) {
  stand_on(0);
}

Task<Result<Reached>> Climb::reach() {
  while (true) {
    Place place = ask();
    if (!place.free()) {
      auto found = co_await find_place(place);
      if (!found && !fall_back(found.error())) co_return std::unexpected(std::move(found).error());
      if (!found) place = ask();
    }
    Permit permit(place.candidate == nullptr ? nullptr : place.candidate->target, place.admission);
    if (place.candidate != nullptr && call_.allowance->attempts_left <= 0)  // taken while it waited
      co_return fail(ErrorKind::cancelled, "the client has gone");
    auto reply = co_await attempt(permit);
    const Deadline now = ports_.timers.now();
    if (reply) {
      permit.answered(shape(), now);
      Reached reached{.reply = std::move(*reply), .permit = std::move(permit)};
      co_return reached;
    }
    permit.failed(reply.error().kind, now);
    auto going_on = co_await go_on_after(std::move(reply).error());
    if (!going_on) co_return std::unexpected(std::move(going_on).error());
  }
}

Task<Result<Reached>> Climb::rescue(Error error) {
  const FailureRule& rule = rule_for(error.kind);
  const bool over = rule.then == AfterFailure::stop || call_.allowance->attempts_left <= 0 ||
                    call_.cancel.cancelled();
  if (over || (!go_aside(rule) && !go_down(Down::models)))
    co_return std::unexpected(std::move(error));
  co_return co_await reach();
}

/// Goes to `rung`, if it has a place whose account was not left.
bool Climb::stand_on(std::size_t rung) {
  Targets::Places made;
  const std::span<const Candidate> places = ports_.targets.of(call_, rung, made);
  CandidateSet usable = 0;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (std::ranges::find(left_, places[i].model->provider) == left_.end())
      usable |= CandidateSet{1} << i;
  if (!places.empty() && usable == 0) return false;
  rung_ = rung;
  made_ = std::move(made);  // a vector that moves keeps its elements where they are
  places_ = places;
  usable_ = untried_ = usable;
  here_ = 0;
  retries_ = 0;
  corrections_ = 0;
  sending_ = Sending::first;
  return true;
}

/// Asks the places of this rung for leave, the best one first. An answer of our
/// own needs none, and no time.
Climb::Place Climb::ask() {
  Place place{.now = ports_.timers.now(), .in_time = true};
  if (places_.empty()) return place;
  place.in_time = place.now < call_.allowance->deadline;
  if (!place.in_time) return place;
  for (CandidateSet left = untried_; left != 0;) {
    const std::size_t next =
        places_.size() == 1 ? 0 : pick(places_, left, ports_.random, place.now);
    left &= ~(CandidateSet{1} << next);
    const Admission admission = places_[next].target->ask(sending_, place.now);
    if (place.candidate == nullptr || is_better(admission, place.admission)) {
      place.candidate = &places_[next];
      place.admission = admission;
      here_ = next;
    }
    if (admission.admitted()) break;
  }
  return place;
}

/// Waits until a place of this rung, or of one further down, admits us.
Task<Result<void>> Climb::find_place(Place& place) {
  while (!place.free()) {
    if (!place.in_time) co_return std::unexpected(out_of_time());
    note_held(place.admission);
    const Patience patience{.now = place.now,
                            .deadline = call_.allowance->deadline,
                            .another_rung = models_below() > 0,
                            .rules = call_.feature->retry};
    if (++holds_ <= kHoldsMax && worth_waiting(place.admission, patience)) {
      const Deadline until = release(place.now, place.admission.until, ports_.random.next());
      auto slept = co_await ports_.timers.sleep_until(until, call_.cancel);
      if (!slept) co_return std::unexpected(std::move(slept).error());
      waited_ += ports_.timers.now() - place.now;
    } else if (!go_down()) {
      Error held = held_error(call_, *place.candidate->model, place.admission, place.now);
      co_return std::unexpected(final_error(std::move(held)));
    }
    place = ask();
  }
  co_return Result<void>();
}

/// One try, and beside a slow one perhaps a second.
Task<Result<Reply>> Climb::attempt(Permit& permit) {
  open_attempt(call_, here_);
  if (const auto after = hedge_after()) return hedged(permit, ports_.timers.now() + *after);
  return run(call_);
}

/// Its place in the Trail, and its limits.
void Climb::open_attempt(Call& call, std::size_t place) {
  const Deadline now = ports_.timers.now();
  call.rung = static_cast<int>(rung_);
  call.chosen = places_.empty() ? nullptr : places_[place].model;
  call.attempt = call.trail->attempts.size();
  call.first_token = first_token_limit(place);
  const Feature& feature = *call.feature;
  const bool open_ended = call.request->stream && feature.output.mode() == StreamMode::pass;
  call.attempt_deadline = open_ended
                              ? call.allowance->deadline
                              : sooner(call.allowance->deadline, now + feature.timeouts.attempt);
  tighten(call, place);  // by what the attempts before were told
  AttemptTrail& trail = call.trail->attempts.emplace_back();
  trail.rung = call.rung;
  trail.started = now - call.trail->started;
  trail.waited_before = std::exchange(waited_, nanoseconds{0});
  if (!places_.empty()) --call.allowance->attempts_left;
}

/// Sends it, and brings the first content.
Task<Result<Reply>> Climb::run(Call& call) const {
  auto reply = co_await next_(call);
  if (reply && reply->streamed) {
    auto pulled = co_await pull_to_first_content(*reply);
    if (!pulled) reply = std::unexpected(std::move(pulled).error());
  }
  if (!reply) {
    AttemptTrail& failed = call.trail->attempts[call.attempt];
    failed.error = reply.error().kind;
    failed.error_text = reply.error().what;
    if (failed.ended < nanoseconds{0}) failed.ended = ports_.timers.now() - call.trail->started;
  }
  co_return reply;
}

/// Decides what comes after a failed attempt, and waits where a back-off is due.
/// Returns the error that ends the call when nothing is left to try.
Task<Result<void>> Climb::go_on_after(Error error) {
  const FailureRule& rule = rule_for(error.kind);
  last_failure_ = std::move(error);
  const bool paced = !places_.empty() && is_paced(*last_failure_);
  if (paced) cool(here_, *last_failure_);
  if (rule.then == AfterFailure::stop || call_.allowance->attempts_left <= 0) {
    if (!fall_back(*last_failure_)) co_return std::unexpected(*last_failure_);
    co_return Result<void>();
  }
  if (call_.cancel.cancelled()) co_return fail(ErrorKind::cancelled, "the client has gone");

  if (go_aside(rule)) co_return Result<void>();
  const bool stays = rule.then == AfterFailure::again || rule.then == AfterFailure::ask_again;
  if (stays && may_try_rung_again()) {
    if (rule.then == AfterFailure::ask_again) co_return Result<void>();
    untried_ = usable_;
    const bool transport = rule.breaker == BreakerCount::failure;
    const bool may_resend = !transport || (call_.trail->client_retry == 0 &&
                                           places_[here_].target->take_resend(ports_.timers.now()));
    if (may_resend) {
      sending_ = transport ? Sending::again : Sending::first;
      if (paced) co_return Result<void>();  // `find_place` keeps the wait
      auto rested = co_await back_off();
      if (rested || rested.error().kind != ErrorKind::deadline_exceeded) co_return rested;
    }
  }
  if (!go_down()) co_return std::unexpected(*last_failure_);
  co_return Result<void>();
}

/// Holds all calls of a place back, for as long as it said.
void Climb::cool(std::size_t place, const Error& error) {
  places_[place].target->cool(error.retry_after, error.kind, ports_.timers.now());
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

/// After a failure of the place, not of the request: goes on at an equal one that
/// the failure says nothing about. That is no second try at a target, so neither a
/// wait nor the budget of re-sends holds it back.
bool Climb::go_aside(const FailureRule& rule) {
  if (places_.empty() || rule.breaker != BreakerCount::failure) return false;
  leave_place(here_, rule);
  if (untried_ == 0 || !may_try_rung_again()) return false;
  sending_ = Sending::first;
  return true;
}

/// What a failure at `place` says of the others: a silent provider is silent under
/// all its keys, an account without a good key or money serves no model at all;
/// everything else is between us and this one place.
void Climb::leave_place(std::size_t place, const FailureRule& rule) {
  CandidateSet same = CandidateSet{1} << place;
  if (is_silence(rule.kind)) same = of_provider(place);
  if (rule.then == AfterFailure::other_account) {
    const std::size_t account = places_[place].model->provider;
    left_.push_back(account);
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i].model->provider == account) same |= CandidateSet{1} << i;
    usable_ &= ~same;
  }
  untried_ &= ~same;
}

/// The places of the same provider, under all its keys.
CandidateSet Climb::of_provider(std::size_t place) const {
  const auto name = [this](std::size_t at) -> const std::string& {
    return call_.plan->providers[places_[at].model->provider].name;
  };
  CandidateSet same = 0;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (name(i) == name(place)) same |= CandidateSet{1} << i;
  return same;
}

/// Moves to the next rung down that can be stood on, if there is one.
bool Climb::go_down(Down to) {
  for (std::size_t next = rung_ + 1; next < call_.feature->ladder.size(); ++next) {
    if (to != Down::any && rung(next).asks_model() != (to == Down::models)) continue;
    if (rung(next).asks_model() && !may_do_better(next)) continue;
    if (stand_on(next)) return true;
  }
  return false;
}

/// False for a rung that must fail as this one did: a cut answer with the same limit,
/// a prompt that was too long for a context as short.
bool Climb::may_do_better(std::size_t next) const {
  if (!last_failure_ || call_.ad_hoc_model || !rung(rung_).asks_model()) return true;
  const bool same = rung(next).model == rung(rung_).model;
  if (last_failure_->kind == ErrorKind::reply_truncated)
    return !same || output_limit(next) > output_limit(rung_);
  if (last_failure_->kind != ErrorKind::upstream_context_too_long) return true;
  const auto& models = call_.plan->models;
  const std::int64_t here = models[rung(rung_).model].context_tokens_max;
  const std::int64_t there = models[rung(next).model].context_tokens_max;
  return !same && (here == 0 || there == 0 || there > here);
}

/// Of a rung's own limit and its model's; what client and feature say is the same
/// at all rungs.
std::int64_t Climb::output_limit(std::size_t index) const {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  const std::int64_t its = call_.plan->models[rung(index).model].output_tokens_max;
  std::int64_t limit =
      std::min(rung(index).output_tokens_max.value_or(kNone), its > 0 ? its : kNone);
  limit = std::min(limit, call_.request->output_tokens_max.value_or(kNone));
  return std::min(limit, call_.feature->objectives.output_tokens_max.value_or(kNone));
}

/// What this attempt says of the answers before it. The first one on a rung is asked
/// for at temperature 0; after that the same words would bring the same answer.
void Climb::tighten(Call& call, std::size_t place) {
  call.correction = nullptr;
  if (places_.empty()) return;
  call.correction = ports_.corrections.of(call, rung(rung_), *places_[place].model);
  call.cold = call.correction != nullptr && corrections_++ == 0;
  if (call.correction)
    call.trail->controls.push_back(
        {.control = "ladder", .attempt = static_cast<int>(call.attempt), .note = "tightened"});
}

/// Where no further try of a model is left, or no time for one, a rung that
/// answers without one still does. What is refused everywhere is refused here too.
bool Climb::fall_back(const Error& error) {
  const bool out_of_time = error.kind == ErrorKind::deadline_exceeded;
  const bool over = rule_for(error.kind).then == AfterFailure::stop && !out_of_time;
  if (over || call_.cancel.cancelled()) return false;
  return go_down(Down::own_answers);
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

bool Climb::is_last_place() const {
  const bool alone = places_.empty() || (untried_ & ~(CandidateSet{1} << here_)) == 0;
  return alone && models_below() == 0;
}

/// True when nothing is left to try after a silence at `place`.
bool Climb::is_silence_final(std::size_t place) const {
  const bool last_try = call_.allowance->attempts_left <= 1;
  return last_try || (models_below() == 0 && (untried_ & ~of_provider(place)) == 0);
}

/// A slow first token is left early where there is somewhere to go, and borne
/// where there is not, or where the model thinks before it speaks.
milliseconds Climb::first_token_limit(std::size_t place) const {
  constexpr milliseconds kWithAnotherRung{12'000}, kElse{60'000};
  if (const auto& stated = call_.feature->timeouts.first_token) return *stated;
  const bool patient = places_.empty() || is_silence_final(place) ||
                       catalogue::thinks_first(places_[place].model->upstream_model);
  return patient ? kElse : kWithAnotherRung;
}

/// How the answer of this call comes to its target's measure: a stream that is
/// checked before it leaves is as slow as a whole answer.
AnswerShape Climb::shape() const {
  const OutputRules& output = call_.feature->output;
  const bool clients = call_.request->json_schema && output.client_schema == ClientSchema::enforce;
  const bool passes = call_.request->stream && output.mode() == StreamMode::pass && !clients;
  return passes ? AnswerShape::streamed : AnswerShape::whole;
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
