#include "stages/admit.h"

#include <algorithm>

#include "stages/internal/control_timer.h"
#include "stages/internal/limit_shares.h"

namespace plimsoll::stages {
namespace {

/// Looks at every byte whatever differs, so that time tells nothing but the
/// length of what the client itself sent.
bool same_secret(std::string_view known, std::string_view sent) {
  unsigned difference = known.size() == sent.size() ? 0U : 1U;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const char expected = known.empty() ? '\0' : known[i % known.size()];
    difference |= static_cast<unsigned char>(expected ^ sent[i]);
  }
  return difference == 0;
}

}  // namespace

const Key* find_key(const Plan& plan, const Secret* credential) {
  if (credential == nullptr || credential->empty()) return nullptr;
  const Key* found = nullptr;
  for (const Key& key : plan.keys)
    if (same_secret(key.secret.reveal(), credential->reveal())) found = &key;
  return found;
}

namespace {

/// Errors: unauthorized.
Result<void> identify(Call& call) {
  if (call.plan->server.auth == Auth::none) {
    call.account = "default";
    return {};
  }
  const Key* key = find_key(*call.plan, call.client_credential.get());
  if (key == nullptr) {
    const bool sent = call.client_credential != nullptr && !call.client_credential->empty();
    return fail(ErrorKind::unauthorized,
                sent ? "the key that was sent is not known here" : "no key was sent",
                "send a key of the one-pager's `keys` as \"Authorization: Bearer ...\"");
  }
  call.account = key->id;
  call.trail->key_id = key->id;
  call.trail->tenant = key->tenant;
  return {};
}

/// What the call sets aside of a limit on tokens: its prompt, and the output that
/// it allows itself.
std::int64_t tokens_of(const Call& call, const Counting& counting) {
  constexpr std::int64_t kAssumedOutput = 1'024;  // where nothing limits it
  const ModelEntry& model = first_model(call);
  std::int64_t output = call.request->output_tokens_max.value_or(kAssumedOutput);
  if (const auto ours = call.feature->objectives.output_tokens_max)
    output = call.request->output_tokens_max ? std::min(output, *ours) : *ours;
  if (model.output_tokens_max > 0) output = std::min(output, model.output_tokens_max);
  output = std::max<std::int64_t>(output, 0) * std::max(call.request->choices, 1);
  return prompt_tokens_at_once(*call.request, model, counting.calibration) + output;
}

}  // namespace

Task<Result<Reply>> Admit::handle(Call& call, pipeline::Next next) const {
  const ControlTimer timer(counting_.timers, "admit", *call.trail);
  if (auto known = identify(call); !known) {
    timer.refused(*call.trail);
    return pipeline::refused(std::move(known).error());
  }
  if (has_limits(call)) return count_and_go_on(call, next);
  timer.passed(*call.trail, -1, call.plan->server.auth == Auth::none ? "auth none" : "");
  return next(call);
}

Task<Result<Reply>> Admit::count_and_go_on(Call& call, pipeline::Next next) const {
  const ControlTimer timer(counting_.timers, "admit", *call.trail);
  LimitShares shares(limits_, counting_.timers, call.trail);
  const std::int64_t tokens = limits_tokens(call) ? tokens_of(call, counting_) : 0;
  if (auto taken = shares.take(call, tokens); !taken) {
    timer.refused(*call.trail, -1, "limit used up");
    co_return std::unexpected(std::move(taken).error());
  }
  timer.passed(*call.trail, -1, "within its limits");
  PLIMSOLL_CO_TRY(Reply reply, co_await next(call));
  reply.events = keep_until_end(std::move(reply.events), std::move(shares));
  co_return reply;
}

}  // namespace plimsoll::stages
