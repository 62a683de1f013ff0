#include <algorithm>
#include <exception>

#include "base/race.h"
#include "stages/internal/climb.h"
#include "stages/internal/climb_rules.h"

// Two attempts at the same time: the second part of Climb.
namespace plimsoll::stages {

using ports::Permit;
using ports::Sending;

/// Empty: this attempt has no second one beside it. Only the first attempt at a
/// place has: what follows a failure is a second one already.
std::optional<nanoseconds> Climb::hedge_after() const {
  const auto& rules = call_.feature->hedge;
  if (!rules || places_.empty() || sending_ != Sending::first) return std::nullopt;
  if (rules->after) return *rules->after;
  return places_[here_].target->slow(shape());
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
  bool decided = false;  // by an answer, or by a refusal that nobody may go around
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
      decided = true;
      stop_all(nullptr);
      continue;
    }
    if (turn.leg == nullptr) {
      if (!turn.reply || decided) continue;  // called off
      if (auto second = second_leg(here_)) {
        race.start(run_leg(*second));
        legs.push_back(std::move(second));
      }
      continue;
    }
    if (decided) continue;  // what lost ends with its turn
    alarm_over.cancel(CancelReason::superseded);
    if (turn.reply) {
      winner = turn.leg;
      decided = true;
      stop_all(winner);
    } else {
      const ErrorKind why = turn.reply.error().kind;
      leg_failed(*turn.leg, turn.reply.error());
      if (is_our_refusal(why) && turn.leg->call.hedge) continue;  // it never ran
      decided = is_final(why);
      if (decided) stop_all(nullptr);
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

/// Null when no second attempt may start: none is left for this rung, no place is
/// free enough, or the budget of hedges is used up. Another place than the first
/// one is preferred.
std::unique_ptr<Leg> Climb::second_leg(std::size_t first) {
  const Deadline now = ports_.timers.now();
  if (!may_try_rung_again() || now >= call_.allowance->deadline) return nullptr;
  const CandidateSet own = CandidateSet{1} << first;
  for (CandidateSet left = untried_ & ~own; left != 0;) {
    const std::size_t next = pick(places_, left, ports_.random, now);
    left &= ~(CandidateSet{1} << next);
    if (auto leg = second_leg_at(next, first)) return leg;
  }
  return second_leg_at(first, first);
}

std::unique_ptr<Leg> Climb::second_leg_at(std::size_t place, std::size_t first) {
  const HedgeRules& rules = *call_.feature->hedge;
  const Deadline now = ports_.timers.now();
  ports::TargetState& target = *places_[place].target;
  if (target.load(now).in_flight >= rules.in_flight_max) return nullptr;
  const ports::Admission admission = target.ask(Sending::again, now);
  if (!admission.admitted()) return nullptr;
  Permit permit(places_[place].target, admission);  // given back where the budget says no
  if (!places_[first].target->take_hedge(rules.share, now)) return nullptr;
  auto leg = std::make_unique<Leg>(call_, std::move(permit), place);
  leg->call.hedge = true;
  open_attempt(leg->call, place);
  return leg;
}

/// What a failure says of its target, while the other leg may still win. A second
/// leg that was refused before it was sent has cost no try.
void Climb::leg_failed(Leg& leg, const Error& error) {
  const FailureRule& rule = rule_for(error.kind);
  leg.permit.failed(error.kind, ports_.timers.now());
  if (is_our_refusal(error.kind) && leg.call.hedge) {
    ++call_.allowance->attempts_left;
    return;
  }
  if (is_paced(error)) cool(leg.place, error);
  if (rule.breaker == BreakerCount::failure) leave_place(leg.place, rule);
  here_ = leg.place;
}

}  // namespace plimsoll::stages
