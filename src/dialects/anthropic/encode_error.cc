// How an error is shown to a client of this dialect:
//   { "type": "error", "error": { "type", "message",
//     "plimsoll": { "kind", "stage", "call", "retry", "hint" } }, "request_id" }
#include <algorithm>

#include "dialects/anthropic/anthropic.h"
#include "dialects/json_object.h"
#include "dialects/members.h"
#include "dialects/scrub.h"

namespace plimsoll::dialects::anthropic {
namespace {

std::string_view type_of(int status) {
  switch (status) {
    case 401: return "authentication_error";
    case 402: return "billing_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 504: return "timeout_error";
    case 529: return "overloaded_error";
    default: return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

/// The type of errors whose status says too little, and of those that are told
/// inside a stream, where no status is.
std::string_view type_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unauthorized: return type_of(401);
    case ErrorKind::budget_exhausted:
    case ErrorKind::upstream_money_gone: return type_of(402);
    case ErrorKind::forbidden: return type_of(403);
    case ErrorKind::path_not_found:
    case ErrorKind::model_not_found:
    case ErrorKind::upstream_not_found: return type_of(404);
    case ErrorKind::request_too_large: return type_of(413);
    case ErrorKind::rate_limited:
    case ErrorKind::upstream_rate_limited:
    case ErrorKind::upstream_ramping:
    case ErrorKind::upstream_daily_quota: return type_of(429);
    case ErrorKind::deadline_exceeded:
    case ErrorKind::upstream_timeout_connect:
    case ErrorKind::upstream_timeout_headers:
    case ErrorKind::upstream_timeout_first_token:
    case ErrorKind::upstream_timeout_idle: return type_of(504);
    case ErrorKind::overloaded:
    case ErrorKind::upstream_overloaded: return type_of(529);
    case ErrorKind::request_invalid:
    case ErrorKind::request_timeout:
    case ErrorKind::unsupported_media:
    case ErrorKind::method_not_allowed:
    case ErrorKind::input_rejected:
    case ErrorKind::guard_blocked:
    case ErrorKind::cost_ceiling:
    case ErrorKind::token_ceiling:
    case ErrorKind::price_unknown:
    case ErrorKind::upstream_request_invalid:
    case ErrorKind::upstream_context_too_long:
    case ErrorKind::upstream_content_filtered: return type_of(400);
    default: return type_of(500);
  }
}

/// Agents look for these words to know that they must shorten what they send.
std::string message_of(const Error& error) {
  constexpr std::string_view kTooLong = "prompt is too long";
  std::string message = without_keys(error.what);
  const bool says_so = message.find(kTooLong) != std::string::npos;
  if (error.kind != ErrorKind::upstream_context_too_long || says_so) return message;
  return std::string(kTooLong) + ": " + message;
}

std::string ours(const Error& error, const ErrorFrame& frame) {
  std::string out;
  JsonObject object(out);
  object.text("kind", to_string(error.kind));
  object.text("stage", frame.stage);
  object.text("call", frame.call_id);
  object.text("retry", frame.retry ? "yes" : "no");
  object.text("hint", error.hint);
  object.end();
  return out;
}

/// The upstream's own body with our key in its error object; empty when it is
/// not an Anthropic-shaped 4xx.
std::optional<std::string> passed_on(const Error& error, const std::string& extra) {
  if (!error.remote || error.remote->status < 400 || error.remote->status > 499) return {};
  std::string body = without_keys(error.remote->body);
  json::Document document;
  const auto root = document.parse(body);
  const auto object = root ? root->as_object() : std::nullopt;
  if (!object || root->get_string("type") != "error") return {};
  for (const Field& field : fields_of(*object, body)) {
    if (field.key != "error" || !field.value.get_string("message")) continue;
    if (field.value.get("plimsoll")) return body;  // another Plimsoll stands behind us
    const std::size_t end = field.place.end - 1;
    return body.substr(0, end) + R"(,"plimsoll":)" + extra + body.substr(end);
  }
  return {};
}

}  // namespace

std::string encode_error(const Error& error, const ErrorFrame& frame) {
  const std::string extra = ours(error, frame);
  if (auto body = passed_on(error, extra)) return std::move(*body);
  std::string out;
  JsonObject object(out);
  object.text("type", "error");
  JsonObject inner(object.open("error"));
  inner.text("type", type_of(error.kind));
  inner.text("message", message_of(error));
  inner.raw("plimsoll", extra);
  inner.end();
  object.text("request_id", frame.call_id);
  object.end();
  return out;
}

std::string encode_stream_error(const Error& error, const ErrorFrame& frame) {
  std::string body = encode_error(error, frame);
  std::ranges::replace_if(body, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return "event: error\ndata: " + body + "\n\n";
}

int shown_status(int status, ErrorKind kind) noexcept {
  const bool money = kind == ErrorKind::budget_exhausted || kind == ErrorKind::upstream_money_gone;
  if (money && status == 429) return 402;
  return status == 503 ? 529 : status;
}

}  // namespace plimsoll::dialects::anthropic
