// Grammar (Google's reference, GenerateContentResponse):
//   response  = { "candidates": [ { "content": { "parts": [ part, ... ] },
//                 "finishReason" } ], "promptFeedback", "usageMetadata",
//                 "modelVersion", "responseId" }
//   part      = { "text", "thought" } / { "functionCall": { "name", "args", "id" } }
//               / any other, each with "thoughtSignature" where it has one
#include "dialects/gemini/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/call_id.h"

namespace plimsoll::dialects::gemini {
namespace {

constexpr int kToolsMax = 1024;

std::string_view view_at(const json::Value& object, std::string_view key) {
  return object.get_string(key).value_or(std::string_view());
}

std::int64_t count_at(const json::Value& object, std::string_view key) {
  return std::max<std::int64_t>(0, object.get_int(key).value_or(0));
}

void append(Event& event, Delta::Kind kind, std::string text, int tool = 0) {
  if (!text.empty()) event.deltas.push_back({.kind = kind, .tool = tool, .text = std::move(text)});
}

Usage usage_of(const json::Value& counts) {
  Usage usage;
  usage.reasoning_output = count_at(counts, "thoughtsTokenCount");
  usage.input = count_at(counts, "promptTokenCount") + count_at(counts, "toolUsePromptTokenCount");
  usage.output = count_at(counts, "candidatesTokenCount") + usage.reasoning_output;
  usage.cached_input = count_at(counts, "cachedContentTokenCount");
  return usage;
}

Finish finish_of(std::string_view reason, bool called) {
  static constexpr std::array<std::string_view, 9> kFiltered{
      "SAFETY",     "RECITATION",   "BLOCKLIST",        "PROHIBITED_CONTENT",
      "SPII",       "IMAGE_SAFETY", "IMAGE_RECITATION", "IMAGE_PROHIBITED_CONTENT",
      "MODEL_ARMOR"};
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return Finish::none;
  if (reason == "STOP") return called ? Finish::tool_calls : Finish::stop;
  if (reason == "MAX_TOKENS") return Finish::length;
  return std::ranges::find(kFiltered, reason) != kFiltered.end() ? Finish::content_filter
                                                                 : Finish::other;
}

void read_call(const json::Value& part, const json::Value& call, std::string_view response,
               Event& event, int& tools) {
  if (tools >= kToolsMax) return;
  const std::string_view named = view_at(call, "id");
  const std::string id =
      named.empty() ? fmt::format("call_{}_{}", response, tools) : std::string(named);
  const auto args = call.get("args");
  append(event, Delta::Kind::tool_id, id_with_signature(id, view_at(part, "thoughtSignature")),
         tools);
  append(event, Delta::Kind::tool_name, std::string(view_at(call, "name")), tools);
  append(event, Delta::Kind::tool_arguments, args ? args->dump() : "{}", tools);
  ++tools;
}

void read_part(const json::Value& part, std::string_view response, Event& event, int& tools) {
  if (const auto call = part.get("functionCall"))
    return read_call(part, *call, response, event, tools);
  const bool thought = part.get_bool("thought").value_or(false);
  append(event, thought ? Delta::Kind::reasoning : Delta::Kind::text,
         std::string(view_at(part, "text")));
}

/// The model did not call its tools as it was told; another try may.
bool is_failure(std::string_view reason) {
  return reason == "MALFORMED_FUNCTION_CALL" || reason == "UNEXPECTED_TOOL_CALL" ||
         reason == "TOO_MANY_TOOL_CALLS";
}

Result<void> read_candidate(const json::Value& candidate, std::string_view response, Event& event,
                            int& tools) {
  const auto content = candidate.get("content");
  const auto value = content ? content->get("parts") : std::nullopt;
  if (const auto parts = value ? value->as_array() : std::nullopt)
    for (const json::Value part : *parts) read_part(part, response, event, tools);
  const std::string_view reason = view_at(candidate, "finishReason");
  const Finish finish = finish_of(reason, tools > 0);
  if (finish != Finish::none) event.finishes.push_back({.finish = finish});
  if (!is_failure(reason)) return {};
  return fail(ErrorKind::reply_invalid,
              fmt::format("the upstream ended its answer with finishReason \"{}\"", reason),
              "loosen the tool's schema, or use another model");
}

}  // namespace

Result<bool> read_response(const json::Value& root, Event& event, int& tools) {
  event.model = view_at(root, "modelVersion");
  const auto counts = root.get("usageMetadata");
  if (counts && counts->kind() == json::Kind::object) event.usage = usage_of(*counts);
  const auto value = root.get("candidates");
  const auto candidates = value ? value->as_array() : std::nullopt;
  if (candidates)
    for (const json::Value candidate : *candidates) {
      if (candidate.get_int("index").value_or(0) != 0) continue;  // one was asked for
      auto read = read_candidate(candidate, view_at(root, "responseId"), event, tools);
      if (!read) return std::unexpected(std::move(read).error());
    }
  const auto feedback = root.get("promptFeedback");
  const std::string_view blocked = feedback ? view_at(*feedback, "blockReason") : "";
  if (!blocked.empty() && event.finishes.empty()) {
    append(event, Delta::Kind::refusal, fmt::format("the prompt was blocked: {}", blocked));
    event.finishes.push_back({.finish = Finish::content_filter});
  }
  if (!candidates && blocked.empty() && !event.usage)
    return fail(ErrorKind::upstream_malformed, "the answer has neither candidates nor a reason",
                "try again, or choose another model");
  return !event.finishes.empty();
}

}  // namespace plimsoll::dialects::gemini
