#include <algorithm>
#include <exception>

#include "base/race.h"
#include "stages/internal/climb.h"
#include "stages/internal/climb_rules.h"

// Two attempts at the same time: the second part of Climb.
namespace plimsoll::stages {

using ports::AnswerShape;
using ports::Permit;
using ports::Sending;

/// Empty: this attempt has no second one beside it. Only the first attempt at a
/// place has: what follows a failure is a second one already.
std::optional<nanoseconds> Climb::hedge_after() const {
  const auto& rules = call_.feature->hedge;
  if (!rules || places_.empty() || sending_ != Sending::first) return std::nullopt;
  if (rules->after) return *rules->after;
  const bool streamed = call_.request->stream && call_.feature->output.mode() == StreamMode::pass;
  return places_[here_].target->slow(streamed ? AnswerShape::streamed : AnswerShape::whole);
}

/// Both legs end before this does: the one that lost is stopped and waited for, so
/// that it is settled and its connection given back or closed.
Task<Result<Reply>> Climb::hedged(Permit& permit, Deadline at) {
  CancelSource alarm_over(call_.cancel);
  std::vector<std::unique_ptr<Leg>> legs;
  legs.push_back(std::make_unique<Leg>(call_, std::move(permit), here_));
  Race<Turn> race;
  race.start(run_leg(*legs.front()));
  race.start(alarm(at, alarm_over.token()));
  Leg* winner = nullptr;
  Result<Reply> outcome = fail(ErrorKind::internal_bug, "no leg ended");
  std::exception_ptr bug;
  const auto stop_all = [&](const Leg* but) {
    alarm_over.cancel(CancelReason::superseded);
    for (const auto& leg : legs)
      if (leg.get() != but) leg->stop.cancel(CancelReason::superseded);
  };
  while (race.left() > 0) {
    Turn turn;
    try {
      turn = co_await race.next();
    } catch (...) {
      bug = std::current_exception();
      stop_all(nullptr);
      continue;
    }
    if (turn.leg == nullptr) {
      if (!turn.reply || winner != nullptr || bug) continue;  // called off
      if (auto second = second_leg(here_)) {
        race.start(run_leg(*second));
        legs.push_back(std::move(second));
      }
      continue;
    }
    if (winner != nullptr || bug) continue;  // what lost ends with its turn
    alarm_over.cancel(CancelReason::superseded);
    if (turn.reply) {
      winner = turn.leg;
      stop_all(winner);
    } else {
      leg_failed(*turn.leg, turn.reply.error());
    }
    outcome = std::move(turn.reply);
  }
  if (bug) std::rethrow_exception(bug);
  if (winner == nullptr) co_return outcome;
  const CancelToken whole = call_.cancel;
  call_ = winner->call;
  call_.cancel = whole;
  here_ = winner->place;
  permit = std::move(winner->permit);
  if (legs.size() > 1)
    call_.trail->controls.push_back({.control = "hedge",
                                     .attempt = static_cast<int>(call_.attempt),
                                     .note = winner == legs[0].get() ? "lost" : "won"});
  const auto kept = std::ranges::find(legs, winner, &std::unique_ptr<Leg>::get);
  outcome->events = std::make_unique<LegEvents>(std::move(*kept), std::move(outcome->events));
  co_return outcome;
}

Task<Climb::Turn> Climb::run_leg(Leg& leg) const {
  Turn turn;
  turn.leg = &leg;
  turn.reply = co_await run(leg.call);
  co_return turn;
}

/// A reply that is there, and empty, says that the time has come.
Task<Climb::Turn> Climb::alarm(Deadline at, CancelToken cancel) const {
  auto slept = co_await ports_.timers.sleep_until(at, cancel);
  Turn turn;
  if (!slept) turn.reply = std::unexpected(std::move(slept).error());
  co_return turn;
}

/// Null when no second attempt may start: none is left for this rung, the budget of
/// hedges is used up, or no place is free enough. Another place than the first one
/// is preferred.
std::unique_ptr<Leg> Climb::second_leg(std::size_t first) {
  const HedgeRules& rules = *call_.feature->hedge;
  const Deadline now = ports_.timers.now();
  if (!may_try_rung_again() || now >= call_.allowance->deadline) return nullptr;
  const CandidateSet others = untried_ & ~(CandidateSet{1} << first);
  const std::size_t place = others == 0 ? first : pick(places_, others, ports_.random);
  ports::TargetState& target = *places_[place].target;
  if (target.load().in_flight >= rules.in_flight_max) return nullptr;
  if (!places_[first].target->take_hedge(rules.share, now)) return nullptr;
  const ports::Admission admission = target.ask(Sending::again, now);
  if (!admission.admitted()) return nullptr;
  auto leg = std::make_unique<Leg>(call_, Permit(places_[place].target, admission), place);
  open_attempt(leg->call, place);
  return leg;
}

/// What a failure says of its target, while the other leg may still win.
void Climb::leg_failed(Leg& leg, const Error& error) {
  leg.permit.failed(error.kind, ports_.timers.now());
  if (is_paced(error)) cool(leg.place, error);
  here_ = leg.place;
}

}  // namespace plimsoll::stages
