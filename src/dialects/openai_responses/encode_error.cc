// How a broken stream ends for a client of this dialect:
//   response.failed   the response as it stands for agents that look at its status
//   error             { "type": "error", "code", "message", "param",
//                       "sequence_number", "error": as in an error answer }
#include "dialects/json_object.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/openai_responses/response_object.h"
#include "dialects/scrub.h"

namespace plimsoll::dialects::openai_responses {
namespace {

/// One of the codes that a failed response may have.
std::string_view code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limited:
    case ErrorKind::upstream_rate_limited:
    case ErrorKind::upstream_ramping:
    case ErrorKind::upstream_daily_quota: return "rate_limit_exceeded";
    case ErrorKind::budget_exhausted:
    case ErrorKind::upstream_money_gone: return "insufficient_quota";
    case ErrorKind::upstream_context_too_long: return "context_length_exceeded";
    case ErrorKind::upstream_content_filtered: return "invalid_prompt";
    default: return "server_error";
  }
}

}  // namespace

std::string encode_stream_error(const Error& error, const ErrorFrame& frame) {
  const std::string message = without_keys(error.what);
  const std::string id = "resp_" + std::string(frame.call_id);
  std::string out = "event: response.failed\ndata: ";
  JsonObject failed(out);
  failed.text("type", "response.failed");
  failed.integer("sequence_number", frame.frames);
  const ResponseState state{.id = id,
                            .model = {},
                            .created = frame.created,
                            .status = "failed",
                            .incomplete_reason = {},
                            .error_code = code_of(error.kind),
                            .error_message = message};
  append_response(failed.open("response"), state, "[]", echo_of(nullptr));
  failed.end();
  out += "\n\nevent: error\ndata: ";
  JsonObject event(out);
  event.text("type", "error");
  event.text("code", to_string(error.kind));
  event.text("message", message);
  event.raw("param", "null");
  event.integer("sequence_number", frame.frames + 1);
  Error own = error;
  own.remote = nullptr;  // the shape is ours here
  const std::string body = openai_chat::encode_error(own, frame);
  out += ',';
  out.append(body, 1);  // its members, and the end of the object
  return out += "\n\n";
}

}  // namespace plimsoll::dialects::openai_responses
