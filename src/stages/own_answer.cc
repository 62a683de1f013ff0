#include "stages/own_answer.h"

#include "stages/internal/control_timer.h"
#include "stages/internal/made_reply.h"
#include "stages/internal/targets.h"

namespace plimsoll::stages {
namespace {

/// Who answered, as the ledger and the client's header name it.
std::string_view word_of(Rung::Kind kind) {
  switch (kind) {
    case Rung::Kind::model: return "";
    case Rung::Kind::fixed_text: return "static";
    case Rung::Kind::rules: return "rules";
  }
  return "";
}

Answer plain_answer(std::string text) {
  Choice choice{.text = std::move(text), .finish = Finish::stop};
  Answer answer{.usage = Usage{}};
  answer.choices.push_back(std::move(choice));
  return answer;
}

}  // namespace

Result<std::unique_ptr<OwnAnswer>> OwnAnswer::compile(const Plan& plan,
                                                      const ports::Timers& timers) {
  std::unique_ptr<OwnAnswer> made(new OwnAnswer(timers));
  for (const Feature& feature : plan.features)
    for (const Rung& rung : feature.ladder) {
      if (!rung.table || made->tables_.contains(rung.table.get())) continue;
      std::vector<rules::Problem> problems;
      PLIMSOLL_TRY(auto table, rules::Table::compile(*rung.table, problems));
      made->tables_.emplace(rung.table.get(), std::move(table));
    }
  return made;
}

/// What a rung answers. A kind that must wait for something does so here.
Task<Result<Answer>> OwnAnswer::answer_of(const Call& call, const Rung& rung) const {
  if (rung.kind != Rung::Kind::rules) co_return plain_answer(rung.text);
  auto decision = tables_.at(rung.table.get()).decide(*call.request);
  if (decision) co_return plain_answer(std::move(decision->json));
  // Below other rungs a table that has nothing to say must not mask their failure
  // as the client's fault.
  if (call.attempt > 0) decision.error().kind = ErrorKind::reply_invalid;
  co_return std::unexpected(std::move(decision).error());
}

Task<Result<Reply>> OwnAnswer::handle(Call& call, pipeline::Next next) const {
  if (rung_of(call).asks_model()) return next(call);
  return answer(call);
}

Task<Result<Reply>> OwnAnswer::answer(const Call& call) const {
  const ControlTimer timer(timers_, "own_answer");
  const Rung& rung = rung_of(call);
  const std::string_view word = word_of(rung.kind);
  const int attempt = static_cast<int>(call.attempt);
  const auto trail = [&call]() -> AttemptTrail& { return call.trail->attempts[call.attempt]; };
  trail().provider = "plimsoll";
  trail().model = word;
  trail().cost = Money{};
  auto answer = co_await answer_of(call, rung);
  trail().ended = timers_.now() - call.trail->started;
  if (!answer) {
    timer.refused(*call.trail, attempt, word);
    co_return std::unexpected(std::move(answer).error());
  }
  trail().usage = Usage{};
  call.trail->fallback = word;
  timer.passed(*call.trail, attempt, word);
  answer->model = word;
  co_return reply_of(std::move(*answer), call.request->stream);
}

}  // namespace plimsoll::stages
