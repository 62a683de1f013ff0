#include "stages/ladder.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/failure_rules.h"
#include "stages/internal/control_timer.h"
#include "stages/internal/held_events.h"

namespace plimsoll::stages {

milliseconds backoff(const RetryRules& rules, int retry, std::uint64_t random) noexcept {
  constexpr int kMostDoublings = 20;
  const auto doublings = static_cast<unsigned>(std::clamp(retry, 0, kMostDoublings));
  const auto ceiling = std::min(rules.backoff_max.count(),
                                rules.backoff_base.count() * (std::int64_t{1} << doublings));
  if (ceiling <= 0) return milliseconds{0};
  return milliseconds{
      static_cast<std::int64_t>(random % (static_cast<std::uint64_t>(ceiling) + 1))};
}

/// Where a call stands on its ladder. Local to one `handle`.
struct Ladder::Progress {
  std::size_t rung = 0;
  int retries = 0;  // on this rung, after transport failures
  nanoseconds waited{0};
};

namespace {

/// Rungs below this one each keep one attempt: retries of the first model must
/// not eat the chance of the second.
bool may_try_rung_again(const Call& call, std::size_t rung) {
  const std::size_t below = call.feature->ladder.size() - rung - 1;
  return call.allowance->attempts_left > static_cast<int>(below);
}

std::size_t provider_of(const Call& call, std::size_t rung) {
  return call.plan->models[call.feature->ladder[rung].model].provider;
}

/// Moves `rung` to where a call goes on that leaves its target, if there is
/// such a place; `then` may ask for another account.
bool go_down(const Call& call, std::size_t& rung, AfterFailure then) {
  for (std::size_t next = rung + 1; next < call.feature->ladder.size(); ++next) {
    const bool same_account = provider_of(call, next) == provider_of(call, rung);
    if (then == AfterFailure::other_account && same_account) continue;
    rung = next;
    return true;
  }
  return false;
}

Error out_of_time(const Call& call) {
  const auto total =
      std::chrono::duration_cast<milliseconds>(call.allowance->deadline - call.trail->started);
  return {.kind = ErrorKind::deadline_exceeded,
          .what = fmt::format("no answer within the call's {} ms after {} attempts", total.count(),
                              call.trail->attempts.size()),
          .hint = "raise timeouts.total, or put a faster model on the ladder"};
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

}  // namespace

Task<Result<Reply>> Ladder::handle(Call call, pipeline::Next next) const {
  Progress progress;
  while (true) {
    if (timers_.now() >= call.allowance->deadline) co_return std::unexpected(out_of_time(call));
    auto reply = co_await attempt(call, progress, next);
    if (reply) co_return reply;
    auto ready = co_await prepare_next(call, progress, reply.error());
    if (!ready) co_return std::unexpected(std::move(ready).error());
  }
}

/// One try: its place in the Trail, its deadline, and the first content.
Task<Result<Reply>> Ladder::attempt(const Call& call, const Progress& progress,
                                    const pipeline::Next& next) const {
  const Deadline now = timers_.now();
  Call tried = call;
  tried.rung = static_cast<int>(progress.rung);
  tried.attempt = call.trail->attempts.size();
  const bool open_ended = call.request->stream && call.feature->output.mode() == StreamMode::pass;
  tried.attempt_deadline =
      open_ended ? call.allowance->deadline
                 : sooner(call.allowance->deadline, now + call.feature->timeouts.attempt);
  AttemptTrail& trail = call.trail->attempts.emplace_back();
  trail.rung = tried.rung;
  trail.started = now - call.trail->started;
  trail.waited_before = progress.waited;
  --call.allowance->attempts_left;

  const std::size_t index = tried.attempt;
  auto reply = co_await next(std::move(tried));
  if (reply && reply->streamed) {
    auto pulled = co_await pull_to_first_content(*reply);
    if (!pulled) reply = std::unexpected(std::move(pulled).error());
  }
  if (!reply) {
    AttemptTrail& failed = call.trail->attempts[index];
    failed.error = reply.error().kind;
    failed.error_text = reply.error().what;
    if (failed.ended < nanoseconds{0}) failed.ended = timers_.now() - call.trail->started;
  }
  co_return reply;
}

/// Decides what comes after a failure, and waits where a wait is due. Returns
/// the error that ends the call when nothing is left to try.
Task<Result<void>> Ladder::prepare_next(const Call& call, Progress& progress,
                                        const Error& error) const {
  AfterFailure then = rule_for(error.kind).then;
  if (then == AfterFailure::stop || call.allowance->attempts_left <= 0)
    co_return std::unexpected(error);
  if (call.cancel.cancelled()) co_return fail(ErrorKind::cancelled, "the client has gone");

  progress.waited = nanoseconds{0};
  milliseconds wait{0};
  if (then == AfterFailure::again) {
    wait = backoff(call.feature->retry, progress.retries, random_.next());
    if (error.retry_after) wait = std::max(wait, *error.retry_after);
    const bool too_long = error.retry_after.value_or(wait) > call.feature->retry.backoff_max ||
                          timers_.now() + wait >= call.allowance->deadline;
    if (too_long) then = AfterFailure::next_rung;
  }
  const bool leaves = then == AfterFailure::next_rung || then == AfterFailure::other_account;
  if (!leaves && !may_try_rung_again(call, progress.rung)) then = AfterFailure::next_rung;
  if (leaves || then == AfterFailure::next_rung) {
    if (!go_down(call, progress.rung, then)) co_return std::unexpected(error);
    progress.retries = 0;
    co_return Result<void>();
  }
  if (then == AfterFailure::again) {
    ++progress.retries;
    progress.waited = wait;
    co_return co_await timers_.sleep_until(timers_.now() + wait, call.cancel);
  }
  co_return Result<void>();
}

}  // namespace plimsoll::stages
