#include "stages/check_reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "checks/excerpt.h"
#include "checks/repair.h"
#include "model/answer_builder.h"
#include "stages/internal/control_timer.h"
#include "stages/internal/held_events.h"
#include "stages/internal/made_reply.h"
#include "stages/internal/targets.h"

namespace plimsoll::stages {
namespace {

/// An answer that is verified is held in memory; more than this is refused.
constexpr std::size_t kHeldBytesMax = 64 * 1024 * 1024;

struct Held {
  std::vector<Event> events;
  Answer collected;                    // of a stream
  std::optional<Violation> objection;  // reading stopped here: nothing could save it

  const Answer& answer() const noexcept {
    const bool whole = events.size() == 1 && events.front().whole.has_value();
    return whole ? *events.front().whole : collected;
  }
};

/// Reads to the end, or until `guard` is certain. The guard lives as long as the task.
Task<Result<Held>> read_all(EventSource& events, checks::StreamGuard& guard) {
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
    const bool whole = event->kind == Event::Kind::whole;  // one event, and no more
    if (!whole) builder.add(*event);
    held.objection = guard.take(*event);
    held.events.push_back(std::move(*event));
    if (whole || held.objection) break;
  }
  held.collected = std::move(builder).take();
  co_return held;
}

/// Events of our own above a source that has none left and stays alive.
class AboveEvents final : public EventSource {
 public:
  AboveEvents(std::unique_ptr<EventSource> own, std::unique_ptr<EventSource> below)
      : below_(std::move(below)), own_(std::move(own)) {}
  Task<Result<std::optional<Event>>> next() override { return own_->next(); }
  bool ready() const noexcept override { return own_->ready(); }

 private:
  std::unique_ptr<EventSource> below_;
  std::unique_ptr<EventSource> own_;
};

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

/// A reply that says `answer` in place of what `reply` said, and keeps its source:
/// that one's death is what settles the attempt.
Reply released_anew(Answer answer, Reply reply) {
  Reply made = reply_of(std::move(answer), reply.streamed);
  made.status = reply.status;
  made.headers = std::move(reply.headers);
  made.events = std::make_unique<AboveEvents>(std::move(made.events), std::move(reply.events));
  return made;
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
  std::unique_ptr<CheckReply> made(
      new CheckReply(std::move(by_feature), std::move(by_default), timers));
  for (const Feature& feature : plan.features) {
    if (!feature.output.confirm) continue;
    std::vector<rules::Problem> problems;
    PLIMSOLL_TRY(auto table, rules::Table::compile(*feature.output.confirm, problems));
    made->confirm_.emplace(feature.index, std::move(table));
  }
  return made;
}

Task<Result<Reply>> CheckReply::handle(Call& call, pipeline::Next next) const {
  auto reply = co_await next(call);
  if (!reply) co_return std::unexpected(std::move(reply).error());
  if (rung_of(call).kind == Rung::Kind::fixed_text) {
    // Its author has checked it, and a load-time check its form.
    ControlTimer(timers_, "check_reply")
        .passed(*call.trail, static_cast<int>(call.attempt), "fixed text: not judged");
    co_return reply;
  }
  const Standard standard = standard_of(call, reply->streamed);
  if (standard.enforced == Enforced::nothing) co_return co_await observe(call, std::move(*reply));
  co_return co_await verify(call, std::move(*reply), standard);
}

/// A client's own schema is enforced on whole answers: the client has said what
/// it can use. In pass mode only what it says counts: a refusal or a truncation
/// that the provider declares is the client's to handle.
CheckReply::Standard CheckReply::standard_of(const Call& call, bool streamed) const {
  const OutputRules& rules = call.feature->output;
  Standard standard;
  const bool verified = rules.mode() == StreamMode::verified;
  if (verified) standard.enforced = Enforced::everything;
  const auto& sent = call.request->json_schema;
  if (!sent || rules.client_schema == ClientSchema::ignore) return standard;
  if (!verified && streamed && rules.client_schema != ClientSchema::enforce) return standard;
  const std::string_view body = call.request->body;
  standard.clients = schemas_.find(body.substr(sent->begin, sent->end - sent->begin));
  if (!standard.clients) {
    standard.note = "client schema unchecked";
    return standard;
  }
  if (!verified) standard.enforced = Enforced::invalidity;
  standard.note = standard.clients->unchecked().empty() ? "client schema checked"
                                                        : "client schema checked in part";
  return standard;
}

const checks::ReplyChecks& CheckReply::checks_for(const Call& call) const {
  const bool declared = call.feature != &call.plan->default_feature;
  return declared ? by_feature_[call.feature->index] : by_default_;
}

Verdict CheckReply::judge(const Call& call, const Standard& standard, const Answer& answer) const {
  const checks::JsonSchema* clients = standard.clients ? &*standard.clients : nullptr;
  Verdict verdict = checks_for(call).judge(answer, *call.request, clients);
  confirm(call, answer, verdict);
  return verdict;
}

/// What the table decides is the only answer there is: every choice must be it.
void CheckReply::confirm(const Call& call, const Answer& answer, Verdict& verdict) const {
  const bool declared = call.feature != &call.plan->default_feature;
  const auto table = declared ? confirm_.find(call.feature->index) : confirm_.end();
  if (table == confirm_.end()) return;
  const auto decision = table->second.decide(*call.request);
  for (std::size_t i = 0; i < answer.choices.size(); ++i) {
    const std::string& text = answer.choices[i].text;
    if (decision && rules::equal_json(text, decision->json)) continue;
    verdict.violations.push_back(
        {.check = "confirm",
         .where = fmt::format("choice {}", i),
         .expected = decision ? "what the rules decide: " + decision->json
                              : "an answer that rules confirm; " + decision.error().what,
         .found = checks::excerpt(text)});
  }
}

/// The answer, mended by what the feature allows, if it then passes. An answer that
/// was refused or cut is none of ours to mend, but where the brackets at its end are
/// all that a cut took away.
std::optional<Answer> CheckReply::repair(const Call& call, const Standard& standard,
                                         const Answer& answer, const Verdict& verdict) const {
  const RepairRules& rules = call.feature->output.repair;
  const bool wanted = rules.strip || rules.close || rules.coerce || rules.drop_unknown;
  const checks::ReplyChecks& checks = checks_for(call);
  const bool json = checks.wants_json() || call.request->json_asked;
  if (!wanted || !json || verdict.kind == ErrorKind::reply_refused) return std::nullopt;
  json::Document document;  // of the schema
  std::optional<json::Value> schema;
  if (const auto& file = call.feature->output.schema)
    if (const auto root = document.parse(file->text)) schema = *root;
  Answer mended = answer;
  std::vector<std::string> steps;
  for (Choice& choice : mended.choices) {
    if (choice.text.empty()) continue;
    auto repaired = checks::repair_json(choice.text, rules, schema);
    if (!repaired) continue;
    const bool closed = std::ranges::find(repaired->steps, "closed") != repaired->steps.end();
    if (choice.finish == Finish::length && closed) choice.finish = Finish::stop;
    choice.text = std::move(repaired->text);
    for (std::string& step : repaired->steps) steps.push_back(std::move(step));
  }
  if (steps.empty() || !judge(call, standard, mended).passed()) return std::nullopt;
  call.trail->attempts[call.attempt].repaired = fmt::format("{}", fmt::join(steps, ","));
  return mended;
}

/// What can be said of an answer while it arrives.
checks::StreamGuard CheckReply::guard_for(const Call& call, const Standard& standard) const {
  const checks::ReplyChecks& checks = checks_for(call);
  if (!checks.wants_json() && !call.request->json_asked) return {};
  std::vector<checks::JsonSchema> schemas;
  if (checks.schema()) schemas.push_back(*checks.schema());
  if (standard.clients) schemas.push_back(*standard.clients);
  // What may be mended at the end is not given up on the way.
  const RepairRules& repair = call.feature->output.repair;
  if (repair.coerce || repair.drop_unknown) schemas.clear();
  return checks::StreamGuard(std::move(schemas), repair.strip
                                                     ? checks::StreamGuard::Fences::leave
                                                     : checks::StreamGuard::Fences::refuse);
}

Task<Result<Reply>> CheckReply::verify(const Call& call, Reply reply,
                                       const Standard& standard) const {
  checks::StreamGuard guard = guard_for(call, standard);
  auto held = co_await read_all(*reply.events, guard);
  if (!held) co_return std::unexpected(std::move(held).error());
  const ControlTimer timer(timers_, "check_reply");
  Verdict verdict;
  const bool stopped = held->objection.has_value();
  if (stopped)
    verdict.violations.push_back(std::move(*held->objection));
  else
    verdict = judge(call, standard, held->answer());
  keep_verdict(call, verdict);
  const int attempt = static_cast<int>(call.attempt);
  if (!verdict.passed() && !stopped)
    if (auto mended = repair(call, standard, held->answer(), verdict)) {
      timer.passed(*call.trail, attempt, "repaired");
      keep_text(call, *mended);
      co_return released_anew(std::move(*mended), std::move(reply));
    }
  const bool enforced =
      standard.enforced == Enforced::everything || verdict.kind == ErrorKind::reply_invalid;
  if (!verdict.passed() && enforced) {
    timer.refused(*call.trail, attempt, stopped ? "stopped early" : standard.note);
    co_return fail(
        verdict.kind, told(verdict),
        "look at the violations in the ledger: plimsoll ledger --call " + call.trail->call_id);
  }
  timer.passed(*call.trail, attempt, standard.note);
  keep_text(call, held->answer());
  // The source underneath goes up too: its death is what settles the attempt.
  reply.events = std::make_unique<HeldEvents>(std::move(held->events), std::move(reply.events));
  co_return reply;
}

/// Streams are not collected here: that would cost memory for a verdict that
/// nobody enforces.
Task<Result<Reply>> CheckReply::observe(const Call& call, Reply reply) const {
  const int attempt = static_cast<int>(call.attempt);
  if (reply.streamed || call.bytes_only) {
    call.trail->controls.push_back(
        {.control = "check_reply", .attempt = attempt, .note = "pass mode: not judged"});
    co_return reply;
  }
  const ControlTimer timer(timers_, "check_reply");
  checks::StreamGuard no_guard;
  auto held = co_await read_all(*reply.events, no_guard);
  if (!held) co_return std::unexpected(std::move(held).error());
  keep_verdict(call, checks_for(call).judge(held->answer(), *call.request));
  keep_text(call, held->answer());
  timer.passed(*call.trail, attempt, "pass mode: observed");
  reply.events = std::make_unique<HeldEvents>(std::move(held->events), std::move(reply.events));
  co_return reply;
}

}  // namespace plimsoll::stages
