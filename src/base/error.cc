#include "base/error.h"

#include <array>

namespace plimsoll {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view token;
  std::string_view meaning;
};

/// One row per kind, in the order of the enum; error_test.cc holds it to that.
constexpr std::array<Row, kErrorKinds> kRows{{
    {ErrorKind::request_invalid, "request_invalid",
     "The request is not valid HTTP or JSON, or a field of it is wrong."},
    {ErrorKind::request_too_large, "request_too_large",
     "The head or the body of the request is over its limit."},
    {ErrorKind::request_timeout, "request_timeout", "The client was too slow to send its request."},
    {ErrorKind::unsupported_media, "unsupported_media",
     "The request body is compressed or is not JSON."},
    {ErrorKind::path_not_found, "path_not_found", "Nothing is served at this path."},
    {ErrorKind::method_not_allowed, "method_not_allowed",
     "The path exists, but not for this method."},
    {ErrorKind::unauthorized, "unauthorized", "No key was sent, or one that is not known."},
    {ErrorKind::forbidden, "forbidden", "The key is known but may not use this feature."},
    {ErrorKind::model_not_found, "model_not_found",
     "The model names no feature, no model entry and no provider/model."},
    {ErrorKind::input_rejected, "input_rejected",
     "The request breaks the input contract of its feature."},
    {ErrorKind::guard_blocked, "guard_blocked", "A guard refused the request."},
    {ErrorKind::rate_limited, "rate_limited", "A limit of the one-pager is used up for now."},
    {ErrorKind::overloaded, "overloaded",
     "Plimsoll itself has no room for the request, or is draining."},
    {ErrorKind::budget_exhausted, "budget_exhausted",
     "The account cannot cover the worst case of the call."},
    {ErrorKind::cost_ceiling, "cost_ceiling",
     "The call may cost more than its feature allows for one request."},
    {ErrorKind::token_ceiling, "token_ceiling",
     "The request has more tokens than its feature allows."},
    {ErrorKind::price_unknown, "price_unknown", "A cost limit is set and the model has no price."},
    {ErrorKind::upstream_unreachable, "upstream_unreachable",
     "No connection to the upstream could be made, or it broke before an answer."},
    {ErrorKind::upstream_rate_limited, "upstream_rate_limited",
     "The upstream answered that we send too much."},
    {ErrorKind::upstream_ramping, "upstream_ramping",
     "The upstream asks to grow traffic more slowly."},
    {ErrorKind::upstream_money_gone, "upstream_money_gone",
     "The account at the upstream has no credit left."},
    {ErrorKind::upstream_daily_quota, "upstream_daily_quota",
     "The day's quota at the upstream is used up."},
    {ErrorKind::upstream_credential, "upstream_credential", "The upstream refused our key."},
    {ErrorKind::upstream_not_found, "upstream_not_found",
     "The upstream does not know the model or the path."},
    {ErrorKind::upstream_request_invalid, "upstream_request_invalid",
     "The upstream says that the request is wrong."},
    {ErrorKind::upstream_context_too_long, "upstream_context_too_long",
     "The prompt does not fit the model's context."},
    {ErrorKind::upstream_content_filtered, "upstream_content_filtered",
     "The upstream's content filter stopped the request or the answer."},
    {ErrorKind::upstream_overloaded, "upstream_overloaded",
     "The upstream says that it is overloaded."},
    {ErrorKind::upstream_server_error, "upstream_server_error",
     "The upstream answered with a server error."},
    {ErrorKind::upstream_timeout_connect, "upstream_timeout_connect",
     "The connection to the upstream took too long."},
    {ErrorKind::upstream_timeout_headers, "upstream_timeout_headers",
     "The upstream did not begin its answer in time."},
    {ErrorKind::upstream_timeout_first_token, "upstream_timeout_first_token",
     "The upstream's stream had no content in time."},
    {ErrorKind::upstream_timeout_idle, "upstream_timeout_idle", "The upstream's answer stalled."},
    {ErrorKind::upstream_cut, "upstream_cut",
     "The upstream's answer ended before it was complete."},
    {ErrorKind::upstream_malformed, "upstream_malformed", "The upstream's answer cannot be read."},
    {ErrorKind::upstream_resting, "upstream_resting",
     "The upstream failed too often lately and is left alone for a while; nothing was sent."},
    {ErrorKind::reply_invalid, "reply_invalid",
     "The answer broke the output contract of its feature."},
    {ErrorKind::reply_refused, "reply_refused", "The model refused to answer."},
    {ErrorKind::reply_truncated, "reply_truncated", "The answer was cut by its token limit."},
    {ErrorKind::deadline_exceeded, "deadline_exceeded", "The deadline of the call passed."},
    {ErrorKind::cancelled, "cancelled",
     "The call was cancelled: the client left, or Plimsoll is stopping."},
    {ErrorKind::storage_failed, "storage_failed", "The state folder could not be read or written."},
    {ErrorKind::io_failed, "io_failed", "A file, socket or address could not be used."},
    {ErrorKind::config_invalid, "config_invalid", "The one-pager or a flag is wrong."},
    {ErrorKind::internal_bug, "internal_bug", "Plimsoll itself is wrong here; please report it."},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].kind != static_cast<ErrorKind>(i)) return false;
  return true;
}
static_assert(rows_follow_the_enum());

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  return kRows[static_cast<std::size_t>(kind)].token;
}

std::string_view meaning_of(ErrorKind kind) noexcept {
  return kRows[static_cast<std::size_t>(kind)].meaning;
}

}  // namespace plimsoll
