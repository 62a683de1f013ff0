#include "app/call_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/model_names.h"
#include "base/hash.h"
#include "checks/excerpt.h"
#include "dialects/codec.h"

namespace plimsoll::app {
namespace {

void fill(Trail& trail, const Call& call) {
  const bool declared = call.feature != &call.plan->default_feature;
  if (declared) trail.feature = call.feature->name;
  trail.model_asked = call.request->model;
  trail.policy_version = call.plan->version;
  trail.request_bytes = call.request->body.size();
  // Only the ledger keeps it.
  if (call.plan->ledger.on) trail.request_hash = fingerprint(call.request->body);
  trail.streamed = call.request->stream;
  trail.mode = call.feature->output.mode();
  if (call.feature->store_text) trail.request_text = call.request->body;
}

bool answers_itself(const Feature& feature) {
  return !std::ranges::all_of(feature.ladder, &Rung::asks_model);
}

/// The texts of a request, where its feature has a contract for them.
Result<std::shared_ptr<const Said>> said_in(const Request& request, const Feature& feature) {
  if (!feature.input.max_chars && !feature.input.schema) return nullptr;
  PLIMSOLL_TRY(const Prompt prompt, dialects::codec_of(request.dialect).read_prompt(request));
  auto said = std::make_shared<Said>();
  said->last_place = "the user's last message";
  for (const Turn& turn : prompt.turns) {
    std::string text;
    for (const Part& part : turn.parts) {
      if (part.kind == Part::Kind::text) text += part.text;
      for (const Part& inner : part.parts)
        if (inner.kind == Part::Kind::text) said->chars += checks::code_points(inner.text);
    }
    said->chars += checks::code_points(text);
    if (turn.role == Role::user && !text.empty()) said->last = std::move(text);
  }
  return said;
}

std::shared_ptr<Allowance> allowance_of(const Feature& feature, const CallOrigin& origin,
                                        Deadline started) {
  auto allowance = std::make_shared<Allowance>();
  allowance->deadline = started + feature.timeouts.total;
  if (origin.client_timeout)
    allowance->deadline = sooner(allowance->deadline, started + *origin.client_timeout);
  allowance->attempts_left = feature.retry.attempts;
  allowance->cost_left = feature.objectives.cost_per_request;
  return allowance;
}

/// Beyond every model; sums of it with choices and prompts never overflow.
constexpr std::int64_t kOutputTokensMost = 1'000'000'000'000;

/// What a provider keeps is another client's too where they share its key, and no
/// ceiling can count it before it is paid.
Result<void> check_whole(const Request& request, const Plan& plan, const Feature& feature) {
  const auto limit = request.output_tokens_max;
  if (limit && (*limit < 0 || *limit > kOutputTokensMost))
    return fail(ErrorKind::request_invalid,
                fmt::format("the limit of output tokens is {}, but must be 0 to {}", *limit,
                            kOutputTokensMost),
                "lower it, or leave it out");
  if (request.leans_on.empty()) return {};
  const Objectives& o = feature.objectives;
  const bool bounded = o.input_tokens_max || o.cost_per_request || !plan.budgets.empty();
  if (plan.server.auth == Auth::none && !bounded) return {};
  return fail(ErrorKind::request_invalid,
              fmt::format("\"{}\" leans on what the provider keeps, which is neither counted here "
                          "nor kept apart between clients",
                          request.leans_on),
              "send the whole conversation, and wait for its answer or stream it");
}

}  // namespace

Result<Call> make_call(const Serving& serving, std::string body, const CallOrigin& origin,
                       std::shared_ptr<Trail> trail) {
  Call call{.plan = serving.plan};
  PLIMSOLL_TRY(call.request, dialects::codec_of(origin.dialect).decode_call(std::move(body)));
  const std::string_view name = origin.feature.empty() ? call.request->model : origin.feature;
  trail->model_asked = name;
  PLIMSOLL_TRY(Resolved resolved, resolve(serving.plan, name));
  call.feature = resolved.feature;
  if (auto whole = check_whole(*call.request, *call.plan, *call.feature); !whole)
    return std::unexpected(std::move(whole).error());
  if (!answers_in_text(origin.dialect) && call.feature->output.is_contract())
    return fail(ErrorKind::request_invalid,
                fmt::format("feature \"{}\" has an output contract, and embeddings have no text "
                            "that it could be about",
                            call.feature->name),
                "name a feature without `output`, or a model");
  if (!answers_in_text(origin.dialect) && answers_itself(*call.feature))
    return fail(ErrorKind::request_invalid,
                fmt::format("feature \"{}\" may answer with a text of its own, and embeddings have "
                            "none",
                            call.feature->name),
                "name a feature whose ladder asks models only, or a model");
  call.ad_hoc_model = std::move(resolved.ad_hoc);
  call.client_credential = origin.credential;
  call.passed_on = origin.passed_on;
  call.cancel = origin.cancel;
  call.cache = origin.cache;
  call.bytes_only = origin.bytes_suffice && !call.feature->output.looks_at_answers() &&
                    !call.feature->store_text && !call.request->json_asked;
  PLIMSOLL_TRY(call.said, said_in(*call.request, *call.feature));
  call.allowance = allowance_of(*call.feature, origin, trail->started);
  fill(*trail, call);
  call.trail = std::move(trail);
  return call;
}

}  // namespace plimsoll::app
