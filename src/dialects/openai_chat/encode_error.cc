// How an error is shown to a client of this dialect:
//   { "error": { "message", "type", "param": null, "code",
//     "plimsoll": { "kind", "stage", "call", "retry", "hint" } } }
#include <algorithm>

#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/scrub.h"

namespace plimsoll::dialects::openai_chat {
namespace {

/// The `type` that official clients know.
std::string_view type_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::request_invalid:
    case ErrorKind::request_too_large:
    case ErrorKind::request_timeout:
    case ErrorKind::unsupported_media:
    case ErrorKind::path_not_found:
    case ErrorKind::method_not_allowed:
    case ErrorKind::model_not_found:
    case ErrorKind::input_rejected:
    case ErrorKind::guard_blocked:
    case ErrorKind::cost_ceiling:
    case ErrorKind::token_ceiling:
    case ErrorKind::price_unknown:
    case ErrorKind::upstream_not_found:
    case ErrorKind::upstream_request_invalid:
    case ErrorKind::upstream_context_too_long:
    case ErrorKind::upstream_content_filtered: return "invalid_request_error";
    case ErrorKind::unauthorized: return "authentication_error";
    case ErrorKind::forbidden: return "permission_error";
    case ErrorKind::budget_exhausted:
    case ErrorKind::upstream_money_gone: return "insufficient_quota";
    case ErrorKind::rate_limited:
    case ErrorKind::upstream_rate_limited:
    case ErrorKind::upstream_ramping:
    case ErrorKind::upstream_daily_quota: return "rate_limit_error";
    case ErrorKind::overloaded:
    case ErrorKind::upstream_resting:
    case ErrorKind::upstream_overloaded: return "service_unavailable_error";
    default: return "server_error";
  }
}

/// Our token, except where clients look for a code of their own.
std::string_view code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unauthorized: return "invalid_api_key";
    case ErrorKind::upstream_context_too_long: return "context_length_exceeded";
    case ErrorKind::upstream_content_filtered: return "content_filter";
    default: return to_string(kind);
  }
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (out.back() != '{') out += ',';
  json::append_string(out, key);
  out += ':';
  json::append_string(out, text);
}

std::string ours(const Error& error, const ErrorFrame& frame) {
  std::string out = "{";
  append_member(out, "kind", to_string(error.kind));
  append_member(out, "stage", frame.stage);
  append_member(out, "call", frame.call_id);
  append_member(out, "retry", frame.retry ? "yes" : "no");
  append_member(out, "hint", error.hint);
  out += '}';
  return out;
}

/// Line ends between JSON tokens become spaces, so that the text fits one `data:`.
std::string on_one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

/// The upstream's own body with our key in its error object; empty when it is
/// not an OpenAI-shaped 4xx.
std::optional<std::string> passed_on(const Error& error, const std::string& extra) {
  if (!error.remote || error.remote->status < 400 || error.remote->status > 499) return {};
  const std::string body = without_keys(error.remote->body);
  json::Document document;
  const auto root = document.parse(body);
  const auto object = root ? root->as_object() : std::nullopt;
  if (!object || root->get_string("type") == "error") return {};  // or it is Anthropic's shape
  for (const Field& field : fields_of(*object, body)) {
    const auto inside = field.value.as_object();
    if (field.key != "error" || !inside || !field.value.get_string("message")) continue;
    const std::string_view text = std::string_view(body).substr(0, field.place.end);
    for (const Field& own : fields_of(*inside, text, field.place.begin))
      if (own.key == "plimsoll")  // another Plimsoll stands behind us
        return body.substr(0, own.place.begin) + extra + body.substr(own.place.end);
    const std::size_t end = field.place.end - 1;
    return body.substr(0, end) + R"(,"plimsoll":)" + extra + body.substr(end);
  }
  return {};
}

}  // namespace

std::string encode_error(const Error& error, const ErrorFrame& frame) {
  const std::string extra = ours(error, frame);
  if (auto body = passed_on(error, extra)) return std::move(*body);
  std::string out = R"({"error":{)";
  append_member(out, "message", without_keys(error.what));
  append_member(out, "type", type_of(error.kind));
  out += R"(,"param":null)";
  append_member(out, "code", code_of(error.kind));
  out += R"(,"plimsoll":)" + extra + "}}";
  return out;
}

std::string encode_stream_error(const Error& error, const ErrorFrame& frame) {
  return "data: " + on_one_line(encode_error(error, frame)) + "\n\n";
}

int shown_status(int status, ErrorKind) noexcept {
  return status == 529 ? 503 : status;  // Anthropic's own number for an overload
}

}  // namespace plimsoll::dialects::openai_chat
