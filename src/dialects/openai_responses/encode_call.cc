// A request of this dialect goes upstream as the client's own bytes with the
// model, and where it must be the limit, replaced.
#include <fmt/format.h>

#include "dialects/openai_responses/openai_responses.h"

namespace plimsoll::dialects::openai_responses {
namespace {

std::string model_text(const Request& request, std::string_view model) {
  const json::Span at = request.model_value;
  if (model == request.model) return request.body.substr(at.begin, at.end - at.begin);
  return json::quoted(model);
}

}  // namespace

std::string encode_call(const Request& request, const CallEdits& edits) {
  const json::Span model = request.model_value;
  const auto limit = edits.output_tokens_max;
  std::string model_out = model_text(request, edits.model);
  if (limit && !request.max_tokens) model_out += fmt::format(R"(,"max_output_tokens":{})", *limit);
  const bool lower =
      limit && request.max_tokens && *limit < request.output_tokens_max.value_or(*limit + 1);
  std::string out = request.body;
  const auto put_limit = [&] {
    const json::Span at = *request.max_tokens;
    out.replace(at.begin, at.end - at.begin, fmt::to_string(*limit));
  };
  // From behind, so that the places before it stay true.
  const bool limit_last = lower && request.max_tokens->begin > model.begin;
  if (limit_last) put_limit();
  out.replace(model.begin, model.end - model.begin, model_out);
  if (lower && !limit_last) put_limit();
  return out;
}

void append_event(std::string& out, const Event& event, const Request&) { out += event.raw; }

}  // namespace plimsoll::dialects::openai_responses
