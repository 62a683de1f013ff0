#include "config/remedies.h"

namespace plimsoll::config {

std::string_view remedy_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::request_invalid:
      return "Correct the field or the byte that the message names; the request never reached an "
             "upstream, and sending it again unchanged will fail again.";
    case ErrorKind::request_too_large:
      return "Send less, or raise server.limits.body or server.limits.header.";
    case ErrorKind::request_timeout:
      return "Look at the client's network, or raise server.timeouts.header or "
             "server.timeouts.body.";
    case ErrorKind::unsupported_media:
      return "Send plain JSON with content-type application/json and without content-encoding.";
    case ErrorKind::path_not_found:
      return "Let the client's base URL end in /v1: http://127.0.0.1:8080/v1.";
    case ErrorKind::method_not_allowed: return "Use the method that the Allow header names.";
    case ErrorKind::unauthorized:
      return "Send one of the plan's keys as `Authorization: Bearer ...`; for an open gateway "
             "write server.auth: none.";
    case ErrorKind::forbidden: return "Use a key that may use the feature, or change its rights.";
    case ErrorKind::model_not_found:
      return "Take one of the names that the message suggests; GET /v1/models lists them.";
    case ErrorKind::input_rejected: return "Change the input as the message says.";
    case ErrorKind::guard_blocked:
      return "Look at the verdict in the ledger; if the guard is wrong, tune or remove it.";
    case ErrorKind::rate_limited: return "Wait as long as Retry-After says, or raise the limit.";
    case ErrorKind::overloaded:
      return "Try again after a second; if it stays, add processors or gateways, or look at "
             "server.limits.connections.";
    case ErrorKind::budget_exhausted:
      return "Ask for fewer output tokens, or raise the account's budget.";
    case ErrorKind::cost_ceiling:
      return "Ask for fewer output tokens, shorten the prompt, take a cheaper model, or raise "
             "objectives.cost.per_request.";
    case ErrorKind::token_ceiling: return "Shorten the request, or raise objectives.tokens.";
    case ErrorKind::price_unknown:
      return "Give the model a price: models.NAME.price, in dollars per million tokens.";
    case ErrorKind::upstream_unreachable:
      return "Look at providers.NAME.base_url, DNS, proxy variables and the firewall.";
    case ErrorKind::upstream_rate_limited:
      return "Send less, ask the provider for a higher limit, or add a rung of another provider.";
    case ErrorKind::upstream_ramping:
      return "Let the traffic grow more slowly, or spread it over providers.";
    case ErrorKind::upstream_money_gone:
      return "Add credit to the account at the provider, or add a rung of another provider.";
    case ErrorKind::upstream_daily_quota:
      return "Wait for the next day, raise the quota, or add a rung of another provider.";
    case ErrorKind::upstream_credential:
      return "Look at providers.NAME.key: is it the right variable, is the key still valid?";
    case ErrorKind::upstream_not_found:
      return "Look at models.NAME.model and at the path of providers.NAME.base_url.";
    case ErrorKind::upstream_request_invalid:
      return "Correct the request as the upstream's own message says; it is passed on.";
    case ErrorKind::upstream_context_too_long:
      return "Shorten the prompt, or add a rung with a larger model.";
    case ErrorKind::upstream_content_filtered:
      return "Look at the prompt, or add a rung of another provider.";
    case ErrorKind::upstream_overloaded:
    case ErrorKind::upstream_server_error:
      return "Nothing is wrong here; retries and further rungs of the ladder bridge it.";
    case ErrorKind::upstream_timeout_connect:
      return "Look at the network, or raise providers.NAME.timeouts.connect.";
    case ErrorKind::upstream_timeout_headers:
      return "Raise timeouts.attempt, ask for less output, or take a faster model.";
    case ErrorKind::upstream_timeout_first_token:
      return "Raise timeouts.first_token, or take a faster model.";
    case ErrorKind::upstream_timeout_idle: return "Raise timeouts.idle, or take another provider.";
    case ErrorKind::upstream_cut:
      return "Nothing is wrong here; before the first released byte it is tried again.";
    case ErrorKind::upstream_malformed:
      return "Does providers.NAME.base_url speak the dialect? If it does, report the answer.";
    case ErrorKind::reply_invalid:
      return "Read the violations in the ledger; make the prompt clearer, add a stronger rung, or "
             "relax the rule in `output`.";
    case ErrorKind::reply_refused: return "Look at the prompt; add a rung of another model.";
    case ErrorKind::reply_truncated:
      return "Allow more output tokens, or ask for a shorter answer.";
    case ErrorKind::deadline_exceeded:
      return "Raise timeouts.total, or make the ladder shorter or faster.";
    case ErrorKind::cancelled:
      return "Nothing is wrong here: the client closed the connection, or Plimsoll was stopping.";
    case ErrorKind::storage_failed:
      return "Look at the state folder: its rights, the free space, and whether another plimsoll "
             "uses it.";
    case ErrorKind::io_failed: return "Look at the file, socket or address that the message names.";
    case ErrorKind::config_invalid:
      return "Run `plimsoll check`; it names every place and what to do.";
    case ErrorKind::internal_bug:
      return "Report it with the call id and the version; other calls are not affected.";
  }
  return "";
}

}  // namespace plimsoll::config
