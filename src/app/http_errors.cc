#include "app/http_errors.h"

namespace plimsoll::app {
namespace {

int status_of_kind(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::request_invalid:
    case ErrorKind::input_rejected:
    case ErrorKind::guard_blocked:
    case ErrorKind::cost_ceiling:
    case ErrorKind::token_ceiling:
    case ErrorKind::price_unknown:
    case ErrorKind::upstream_request_invalid:
    case ErrorKind::upstream_context_too_long:
    case ErrorKind::upstream_content_filtered: return 400;
    case ErrorKind::unauthorized: return 401;
    case ErrorKind::forbidden: return 403;
    case ErrorKind::path_not_found:
    case ErrorKind::model_not_found:
    case ErrorKind::upstream_not_found: return 404;
    case ErrorKind::method_not_allowed: return 405;
    case ErrorKind::request_timeout: return 408;
    case ErrorKind::request_too_large: return 413;
    case ErrorKind::unsupported_media: return 415;
    case ErrorKind::rate_limited:
    case ErrorKind::budget_exhausted:
    case ErrorKind::upstream_rate_limited:
    case ErrorKind::upstream_ramping:
    case ErrorKind::upstream_money_gone:
    case ErrorKind::upstream_daily_quota: return 429;
    case ErrorKind::cancelled: return 499;
    case ErrorKind::io_failed:
    case ErrorKind::config_invalid:
    case ErrorKind::internal_bug: return 500;
    case ErrorKind::upstream_unreachable:
    case ErrorKind::upstream_server_error:
    case ErrorKind::upstream_credential:
    case ErrorKind::upstream_cut:
    case ErrorKind::upstream_malformed:
    case ErrorKind::reply_invalid:
    case ErrorKind::reply_refused:
    case ErrorKind::reply_truncated: return 502;
    case ErrorKind::overloaded:
    case ErrorKind::storage_failed:
    case ErrorKind::upstream_overloaded:
    case ErrorKind::upstream_resting: return 503;
    case ErrorKind::upstream_timeout_connect:
    case ErrorKind::upstream_timeout_headers:
    case ErrorKind::upstream_timeout_first_token:
    case ErrorKind::upstream_timeout_idle:
    case ErrorKind::deadline_exceeded: return 504;
  }
  return 500;
}

}  // namespace

int status_of(const Error& error) noexcept {
  const bool told =
      error.remote != nullptr && error.remote->status >= 400 && error.remote->status <= 599;
  return told ? error.remote->status : status_of_kind(error.kind);
}

bool may_succeed_later(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::request_timeout:
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded:
    case ErrorKind::upstream_unreachable:
    case ErrorKind::upstream_rate_limited:
    case ErrorKind::upstream_ramping:
    case ErrorKind::upstream_daily_quota:
    case ErrorKind::upstream_overloaded:
    case ErrorKind::upstream_server_error:
    case ErrorKind::upstream_timeout_connect:
    case ErrorKind::upstream_timeout_headers:
    case ErrorKind::upstream_timeout_first_token:
    case ErrorKind::upstream_timeout_idle:
    case ErrorKind::upstream_cut:
    case ErrorKind::upstream_malformed:
    case ErrorKind::upstream_resting:
    case ErrorKind::deadline_exceeded:
    case ErrorKind::storage_failed: return true;
    default: return false;  // everything else needs a change by somebody
  }
}

}  // namespace plimsoll::app
