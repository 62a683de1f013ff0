#include "app/pipeline_subject.h"

#include <fmt/format.h>

#include "app/call_maker.h"
#include "app/http_errors.h"
#include "base/json.h"
#include "model/answer_builder.h"
#include "stages/record.h"

namespace plimsoll::app {
namespace {

std::int64_t micros(nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string attempt_json(const AttemptTrail& attempt) {
  std::string out = fmt::format(R"({{"provider":{},"model":{},"rung":{},"status":{},)",
                                json::quoted(attempt.provider), json::quoted(attempt.model),
                                attempt.rung, attempt.status);
  out += fmt::format(R"("started_us":{},"ended_us":{},"error":{},)", micros(attempt.started),
                     micros(attempt.ended),
                     attempt.error ? json::quoted(to_string(*attempt.error)) : "null");
  out += fmt::format(R"("cost_nanodollars":{},"violations":[)",
                     attempt.cost ? std::to_string(attempt.cost->nanos) : "null");
  for (const Violation& violation : attempt.verdict.violations) {
    if (out.back() != '[') out += ',';
    json::append_string(out, violation.check);
  }
  return out += "]}";
}

void book(eval::Outcome& outcome, const Trail& trail) {
  outcome.attempts = static_cast<int>(trail.attempts.size());
  outcome.cost = trail.cost_total();
  outcome.call_id = trail.call_id;
  outcome.plan_version = trail.policy_version;
  outcome.trail = trail_json(trail);
}

/// Pulls the whole reply; notes when the first content came.
Task<Result<Answer>> read(Reply& reply, const Trail& trail, const ports::Timers& timers,
                          eval::Outcome& outcome) {
  AnswerBuilder builder;
  while (true) {
    PLIMSOLL_CO_TRY(std::optional<Event> event, co_await reply.events->next());
    if (!event) break;
    if (reply.streamed && !outcome.first_token && event->has_content())
      outcome.first_token = timers.now() - trail.started;
    builder.add(*event);
  }
  co_return std::move(builder).take();
}

bool is_harness_error(ErrorKind kind) {
  return kind == ErrorKind::model_not_found || kind == ErrorKind::request_invalid ||
         kind == ErrorKind::cancelled;
}

void note(eval::Outcome& outcome, Error error) {
  outcome.http_status = status_of(error);
  outcome.harness_error = is_harness_error(error.kind);
  outcome.error = std::move(error);
}

}  // namespace

std::string trail_json(const Trail& trail) {
  std::string out = fmt::format(R"({{"call":{},"attempts":[)", json::quoted(trail.call_id));
  for (const AttemptTrail& attempt : trail.attempts) {
    if (out.back() != '[') out += ',';
    out += attempt_json(attempt);
  }
  return out += "]}";
}

Task<eval::Outcome> PipelineSubject::ask(const eval::Case& asked, eval::Ask how) {
  eval::Outcome outcome;
  const stages::OpenTrail trail(ports_.sink, ports_.timers, ports_.random);
  trail->endpoint = "eval";
  const CallOrigin origin{.cancel = how.cancel};
  auto call =
      make_call(*serving_, eval::request_body(asked, model_, how.stream), origin, trail.shared());
  if (!call) {
    note(outcome, std::move(call).error());
    co_return outcome;
  }
  call->allowance->deadline = sooner(call->allowance->deadline, how.deadline);
  {
    auto reply = co_await serving_->pipeline->run(*call);
    if (!reply) {
      note(outcome, std::move(reply).error());
    } else {
      outcome.http_status = reply->status;
      auto answer = co_await read(*reply, *trail, ports_.timers, outcome);
      if (answer) outcome.usage = answer->usage;  // of the answer: ceilings are per attempt
      if (!answer)
        note(outcome, std::move(answer).error());
      else if (!answer->choices.empty())
        outcome.answer = std::move(answer->choices.front());
    }
  }  // the reply is gone, so its attempt is settled
  outcome.duration = ports_.timers.now() - trail->started;
  trail->http_status = outcome.http_status;
  book(outcome, *trail);
  co_return outcome;
}

std::string PipelineSubject::name() const {
  return "in-process " + (serving_->plan->source.empty() ? "no file" : serving_->plan->source);
}

}  // namespace plimsoll::app
