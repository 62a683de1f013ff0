#include "config/remedies.h"

#include <array>

namespace plimsoll::config {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view remedy;
};

/// One row per kind, in the order of the enum.
constexpr std::array<Row, kErrorKinds> kRows{{
    {ErrorKind::request_invalid,
     "Correct the field or the byte that the message names; the request never reached an "
     "upstream, and sending it again unchanged will fail again."},
    {ErrorKind::request_too_large,
     "Send less, or raise server.limits.body or server.limits.header."},
    {ErrorKind::request_timeout,
     "Look at the client's network, or raise server.timeouts.header or "
     "server.timeouts.body."},
    {ErrorKind::unsupported_media,
     "Send plain JSON with content-type application/json and without content-encoding."},
    {ErrorKind::path_not_found, "Let the client's base URL end in /v1: http://127.0.0.1:8080/v1."},
    {ErrorKind::method_not_allowed, "Use the method that the Allow header names."},
    {ErrorKind::unauthorized,
     "Send one of the plan's keys as `Authorization: Bearer ...`; for an open gateway "
     "write server.auth: none."},
    {ErrorKind::forbidden, "Use a key that may use the feature, or change its rights."},
    {ErrorKind::model_not_found,
     "Take one of the names that the message suggests; GET /v1/models lists them."},
    {ErrorKind::input_rejected, "Change the input as the message says."},
    {ErrorKind::guard_blocked,
     "Look at the verdict in the ledger; if the guard is wrong, tune or remove it."},
    {ErrorKind::rate_limited, "Wait as long as Retry-After says, or raise the limit."},
    {ErrorKind::overloaded,
     "Try again after a second; if it stays, add processors or gateways, or look at "
     "server.limits.connections."},
    {ErrorKind::budget_exhausted, "Ask for fewer output tokens, or raise the account's budget."},
    {ErrorKind::cost_ceiling,
     "Ask for fewer output tokens, shorten the prompt, take a cheaper model, or raise "
     "objectives.cost.per_request."},
    {ErrorKind::token_ceiling, "Shorten the request, or raise objectives.tokens."},
    {ErrorKind::price_unknown,
     "Give the model a price: models.NAME.price, in dollars per million tokens."},
    {ErrorKind::upstream_unreachable,
     "Look at providers.NAME.base_url, DNS, proxy variables and the firewall."},
    {ErrorKind::upstream_rate_limited,
     "Send less, ask the provider for a higher limit, or add a rung of another provider."},
    {ErrorKind::upstream_ramping, "Let the traffic grow more slowly, or spread it over providers."},
    {ErrorKind::upstream_money_gone,
     "Add credit to the account at the provider, or add a rung of another provider."},
    {ErrorKind::upstream_daily_quota,
     "Wait for the next day, raise the quota, or add a rung of another provider."},
    {ErrorKind::upstream_credential,
     "Look at providers.NAME.key: is it the right variable, is the key still valid?"},
    {ErrorKind::upstream_not_found,
     "Look at models.NAME.model and at the path of providers.NAME.base_url."},
    {ErrorKind::upstream_request_invalid,
     "Correct the request as the upstream's own message says; it is passed on."},
    {ErrorKind::upstream_context_too_long,
     "Shorten the prompt, or add a rung with a larger model."},
    {ErrorKind::upstream_content_filtered,
     "Look at the prompt: a safety decision is passed on, never routed around."},
    {ErrorKind::upstream_overloaded,
     "Nothing is wrong here; retries and further rungs of the ladder bridge it."},
    {ErrorKind::upstream_server_error,
     "Nothing is wrong here; retries and further rungs of the ladder bridge it."},
    {ErrorKind::upstream_timeout_connect,
     "Look at the network, or raise providers.NAME.timeouts.connect."},
    {ErrorKind::upstream_timeout_headers,
     "Raise timeouts.attempt, ask for less output, or take a faster model."},
    {ErrorKind::upstream_timeout_first_token,
     "Raise timeouts.first_token, or take a faster model."},
    {ErrorKind::upstream_timeout_idle, "Raise timeouts.idle, or take another provider."},
    {ErrorKind::upstream_cut,
     "Nothing is wrong here; before the first released byte it is tried again."},
    {ErrorKind::upstream_malformed,
     "Does providers.NAME.base_url speak the dialect? If it does, report the answer."},
    {ErrorKind::upstream_resting,
     "Look at what the upstream's last errors say; add a rung of another provider, or change "
     "providers.NAME.breaker."},
    {ErrorKind::reply_invalid,
     "Read the violations in the ledger; make the prompt clearer, add a stronger rung, or "
     "relax the rule in `output`."},
    {ErrorKind::reply_refused, "Look at the prompt: a refusal is passed on, never routed around."},
    {ErrorKind::reply_truncated, "Allow more output tokens, or ask for a shorter answer."},
    {ErrorKind::deadline_exceeded, "Raise timeouts.total, or make the ladder shorter or faster."},
    {ErrorKind::cancelled,
     "Nothing is wrong here: the client closed the connection, or Plimsoll was stopping."},
    {ErrorKind::storage_failed,
     "Look at the state folder: its rights, the free space, and whether another plimsoll "
     "uses it."},
    {ErrorKind::io_failed, "Look at the file, socket or address that the message names."},
    {ErrorKind::config_invalid, "Run `plimsoll check`; it names every place and what to do."},
    {ErrorKind::internal_bug,
     "Report it with the call id and the version; other calls are not affected."},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].kind != static_cast<ErrorKind>(i)) return false;
  return true;
}
static_assert(rows_follow_the_enum());

}  // namespace

std::string_view remedy_of(ErrorKind kind) noexcept {
  return kRows[static_cast<std::size_t>(kind)].remedy;
}

}  // namespace plimsoll::config
