#include "stages/check_reply.h"

#include <fmt/format.h>

#include "model/answer_builder.h"
#include "stages/internal/control_timer.h"
#include "stages/internal/held_events.h"

namespace plimsoll::stages {
namespace {

/// An answer that is verified is held in memory; more than this is refused.
constexpr std::size_t kHeldBytesMax = 64 * 1024 * 1024;

struct Held {
  std::vector<Event> events;
  Answer collected;  // of a stream

  const Answer& answer() const noexcept {
    const bool whole = events.size() == 1 && events.front().whole.has_value();
    return whole ? *events.front().whole : collected;
  }
};

Task<Result<Held>> read_all(EventSource& events) {
  Held held;
  AnswerBuilder builder;
  std::size_t bytes = 0;
  while (true) {
    PLIMSOLL_CO_TRY(std::optional<Event> event, co_await events.next());
    if (!event) break;
    bytes += event->raw.size();
    if (bytes > kHeldBytesMax)
      co_return fail(ErrorKind::upstream_malformed,
                     fmt::format("the answer is longer than {} bytes", kHeldBytesMax));
    const bool whole = event->whole.has_value();  // one event, and no more
    if (!whole) builder.add(*event);
    held.events.push_back(std::move(*event));
    if (whole) break;
  }
  held.collected = std::move(builder).take();
  co_return held;
}

/// Without what was found: a quote of the answer would be the answer leaking.
std::string told(const Verdict& verdict) {
  const Violation& first = verdict.violations.front();
  std::string text = fmt::format("the answer broke its contract: {} at {}: expected {}",
                                 first.check, first.where, first.expected);
  if (verdict.violations.size() > 1)
    text += fmt::format(" (and {} more)", verdict.violations.size() - 1);
  return text;
}

void keep_verdict(const Call& call, const Verdict& verdict) {
  AttemptTrail& attempt = call.trail->attempts[call.attempt];
  attempt.verdict = verdict;
  attempt.verdict_known = true;
}

void keep_text(const Call& call, const Answer& answer) {
  if (!call.feature->store_text || answer.choices.empty()) return;
  call.trail->answer_text = answer.choices.front().text;
}

}  // namespace

Result<std::unique_ptr<CheckReply>> CheckReply::compile(const Plan& plan,
                                                        const ports::Timers& timers) {
  std::vector<checks::ReplyChecks> by_feature;
  for (const Feature& feature : plan.features) {
    PLIMSOLL_TRY(auto compiled, checks::ReplyChecks::compile(feature.output));
    by_feature.push_back(std::move(compiled));
  }
  PLIMSOLL_TRY(auto by_default, checks::ReplyChecks::compile(plan.default_feature.output));
  return std::unique_ptr<CheckReply>(
      new CheckReply(std::move(by_feature), std::move(by_default), timers));
}

Task<Result<Reply>> CheckReply::handle(Call call, pipeline::Next next) const {
  auto reply = co_await next(call);
  if (!reply) co_return std::unexpected(std::move(reply).error());
  if (call.feature->output.mode() == StreamMode::verified)
    co_return co_await verify(call, std::move(*reply));
  co_return co_await observe(call, std::move(*reply));
}

const checks::ReplyChecks& CheckReply::checks_for(const Call& call) const {
  const bool declared = call.feature != &call.plan->default_feature;
  return declared ? by_feature_[call.feature->index] : by_default_;
}

Task<Result<Reply>> CheckReply::verify(const Call& call, Reply reply) const {
  auto held = co_await read_all(*reply.events);
  if (!held) co_return std::unexpected(std::move(held).error());
  const ControlTimer timer(timers_, "check_reply");
  const Verdict verdict = checks_for(call).judge(held->answer(), *call.request);
  keep_verdict(call, verdict);
  const int attempt = static_cast<int>(call.attempt);
  if (!verdict.passed()) {
    timer.refused(*call.trail, attempt);
    co_return fail(
        verdict.kind, told(verdict),
        "look at the violations in the ledger: plimsoll ledger --call " + call.trail->call_id);
  }
  timer.passed(*call.trail, attempt);
  keep_text(call, held->answer());
  // The source underneath goes up too: its death is what settles the attempt.
  reply.events = std::make_unique<HeldEvents>(std::move(held->events), std::move(reply.events));
  co_return reply;
}

/// Streams are not collected here: that would cost memory for a verdict that
/// nobody enforces.
Task<Result<Reply>> CheckReply::observe(const Call& call, Reply reply) const {
  const ControlTimer timer(timers_, "check_reply");
  const int attempt = static_cast<int>(call.attempt);
  if (reply.streamed) {
    timer.passed(*call.trail, attempt, "pass mode: not judged");
    co_return reply;
  }
  auto held = co_await read_all(*reply.events);
  if (!held) co_return std::unexpected(std::move(held).error());
  keep_verdict(call, checks_for(call).judge(held->answer(), *call.request));
  keep_text(call, held->answer());
  timer.passed(*call.trail, attempt, "pass mode: observed");
  reply.events = std::make_unique<HeldEvents>(std::move(held->events), std::move(reply.events));
  co_return reply;
}

}  // namespace plimsoll::stages
