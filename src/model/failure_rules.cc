// The table of failures: for every kind, what the ladder does next and how the
// breaker of the target counts it. Nothing else in the code decides this.
#include "model/failure_rules.h"

#include <array>

namespace plimsoll {
namespace {

using enum AfterFailure;
using enum BreakerCount;

constexpr std::string_view kOurs = "Refused here; no upstream would change that.";

constexpr std::array<FailureRule, kErrorKinds> kRules{{
    {ErrorKind::request_invalid, stop, neutral, kOurs},
    {ErrorKind::request_too_large, stop, neutral, kOurs},
    {ErrorKind::request_timeout, stop, neutral, kOurs},
    {ErrorKind::unsupported_media, stop, neutral, kOurs},
    {ErrorKind::path_not_found, stop, neutral, kOurs},
    {ErrorKind::method_not_allowed, stop, neutral, kOurs},
    {ErrorKind::unauthorized, stop, neutral, kOurs},
    {ErrorKind::forbidden, stop, neutral, kOurs},
    {ErrorKind::model_not_found, stop, neutral, kOurs},
    {ErrorKind::input_rejected, stop, neutral, kOurs},
    {ErrorKind::guard_blocked, stop, neutral, kOurs},
    {ErrorKind::rate_limited, stop, neutral, kOurs},
    {ErrorKind::overloaded, stop, neutral, kOurs},
    {ErrorKind::budget_exhausted, stop, neutral, kOurs},
    {ErrorKind::cost_ceiling, next_rung, neutral, "A cheaper model may fit under the ceiling."},
    {ErrorKind::token_ceiling, stop, neutral, kOurs},
    {ErrorKind::price_unknown, stop, neutral, kOurs},

    {ErrorKind::upstream_unreachable, again, failure,
     "Nothing was answered, so nothing was charged; connections break one at a time."},
    {ErrorKind::upstream_rate_limited, again, neutral,
     "The target works and named a wait; every call of the process keeps it."},
    {ErrorKind::upstream_ramping, again, neutral,
     "The target works and asks for slower growth; every call of the process waits."},
    {ErrorKind::upstream_money_gone, other_account, failure,
     "No wait brings the money back; an account of another provider may have some."},
    {ErrorKind::upstream_daily_quota, next_rung, failure,
     "The day is longer than any deadline; another model has a quota of its own."},
    {ErrorKind::upstream_credential, other_account, failure,
     "The same key is refused for every model of the account."},
    {ErrorKind::upstream_not_found, next_rung, failure,
     "A model that is gone stays gone; another one may be there."},
    {ErrorKind::upstream_request_invalid, stop, neutral,
     "A request that is wrong is wrong everywhere, and its author must hear of it."},
    {ErrorKind::upstream_context_too_long, next_rung, neutral,
     "Another model may have a longer context."},
    {ErrorKind::upstream_content_filtered, stop, neutral,
     "A safety decision is passed on; it is never routed around."},
    {ErrorKind::upstream_overloaded, again, failure, "Load comes and goes within seconds."},
    {ErrorKind::upstream_server_error, again, failure, "Most server errors are gone at once."},
    {ErrorKind::upstream_timeout_connect, next_rung, failure,
     "A silent address is left, not asked again: each try costs the whole limit."},
    {ErrorKind::upstream_timeout_headers, next_rung, failure,
     "A silent target is left, not asked again: each try costs the whole limit."},
    {ErrorKind::upstream_timeout_first_token, next_rung, failure,
     "A slow target is left, not asked again: each try costs the whole limit."},
    {ErrorKind::upstream_timeout_idle, next_rung, failure,
     "A stalled target is left, not asked again: each try costs the whole limit."},
    {ErrorKind::upstream_cut, again, failure, "The connection broke, not the request."},
    {ErrorKind::upstream_malformed, again, failure, "Garbage is seldom sent twice."},
    {ErrorKind::upstream_resting, next_rung, neutral,
     "Nothing was sent: the breaker of the target is open."},

    {ErrorKind::reply_invalid, ask_again, success,
     "The target answered; the next answer may keep the contract."},
    {ErrorKind::reply_refused, stop, success,
     "A refusal is the model's answer; it is passed on, not routed around."},
    {ErrorKind::reply_truncated, next_rung, success,
     "The same limit cuts the same answer; another model may be shorter."},

    {ErrorKind::deadline_exceeded, stop, neutral, "Nobody waits any more."},
    {ErrorKind::cancelled, stop, neutral, "Nobody waits any more."},
    {ErrorKind::storage_failed, stop, neutral, kOurs},
    {ErrorKind::io_failed, stop, neutral, kOurs},
    {ErrorKind::config_invalid, stop, neutral, kOurs},
    {ErrorKind::internal_bug, stop, neutral,
     "Our own mistake is told as ours; more tries would hide it and cost money."},
}};

constexpr bool rules_follow_the_enum() {
  for (std::size_t i = 0; i < kRules.size(); ++i)
    if (kRules[i].kind != static_cast<ErrorKind>(i)) return false;
  return true;
}
static_assert(rules_follow_the_enum());

}  // namespace

std::string_view to_string(AfterFailure then) noexcept {
  switch (then) {
    case again: return "again";
    case ask_again: return "ask again";
    case next_rung: return "next rung";
    case other_account: return "other account";
    case stop: return "stop";
  }
  return "stop";
}

std::string_view to_string(BreakerCount count) noexcept {
  switch (count) {
    case failure: return "failure";
    case neutral: return "neutral";
    case success: return "success";
  }
  return "neutral";
}

const FailureRule& rule_for(ErrorKind kind) noexcept {
  return kRules[static_cast<std::size_t>(kind)];
}

std::span<const FailureRule> failure_rules() noexcept { return kRules; }

}  // namespace plimsoll
