#include "stages/admit.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

std::unexpected<Error> not_let_in(const ports::FoundKey& found, const Secret* credential) {
  using State = ports::FoundKey::State;
  const bool sent = credential != nullptr && !credential->empty();
  if (found.key == nullptr)
    return fail(ErrorKind::unauthorized,
                sent ? "the key that was sent is not known here" : "no key was sent",
                "send a key of the one-pager's `keys`, or of `plimsoll keys create`, as "
                "\"Authorization: Bearer ...\"");
  const bool expired = found.state == State::expired;
  return fail(ErrorKind::unauthorized,
              fmt::format("key \"{}\" {}", found.key->id, expired ? "has expired" : "is revoked"),
              expired
                  ? fmt::format("send its newer secret, or ask for one: plimsoll keys rotate {}",
                                found.key->id)
                  : "ask for another key: plimsoll keys create");
}

std::unexpected<Error> may_not_ask(const ClientKey& key, const Call& call) {
  return fail(
      ErrorKind::forbidden,
      fmt::format("key \"{}\" may not ask {}", key.id,
                  call.feature->name.empty() ? "models by name"
                                             : fmt::format("feature \"{}\"", call.feature->name)),
      fmt::format("ask {}, or make a key that may: plimsoll keys create --feature NAME",
                  fmt::join(key.features, " or ")));
}

}  // namespace

Result<Identity> identify(const Plan& plan, const ports::Keys& keys, const Secret* credential,
                          WallTime now) {
  if (plan.server.auth == Auth::none) return Identity{.account = "default"};
  if (const Key* key = find_key(plan, credential))
    return Identity{.account = key->id, .tenant = key->tenant};
  ports::FoundKey found;
  if (credential != nullptr) found = keys.find(credential->reveal(), now);
  if (found.state != ports::FoundKey::State::valid) return not_let_in(found, credential);
  return Identity{.account = found.key->id, .tenant = found.key->tenant, .key = found.key};
}

/// Errors: unauthorized, forbidden.
Result<void> Admit::let_in(Call& call) const {
  PLIMSOLL_TRY(Identity who, identify(*call.plan, keys_, call.client_credential.get(),
                                      counting_.timers.wall_now()));
  call.account = std::move(who.account);
  call.tenant = std::move(who.tenant);
  call.key = std::move(who.key);
  if (call.plan->server.auth == Auth::none) return {};
  call.trail->key_id = call.account;
  call.trail->tenant = call.tenant;
  if (call.key && !call.key->may_ask(call.feature->name)) return may_not_ask(*call.key, call);
  return {};
}

namespace {

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
  if (auto admitted = let_in(call); !admitted) {
    timer.refused(*call.trail);
    return pipeline::refused(std::move(admitted).error());
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
