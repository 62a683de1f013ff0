#include "dialects/openai_responses/response_object.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "dialects/json_object.h"
#include "dialects/openai_responses/reasoning.h"

namespace plimsoll::dialects::openai_responses {
namespace {

/// A member of the answer that says what the request said, and what it is else.
struct Echo {
  std::string_view key, otherwise;
  std::string_view sent{};
};

using Echoes = std::array<Echo, 13>;

constexpr Echoes kEchoes{{
    {"instructions", "null"},
    {"max_output_tokens", "null"},
    {"max_tool_calls", "null"},
    {"metadata", "{}"},
    {"parallel_tool_calls", "true"},
    {"reasoning", R"({"effort":null,"summary":null})"},
    {"safety_identifier", "null"},
    {"temperature", "null"},
    {"text", R"({"format":{"type":"text"}})"},
    {"tool_choice", R"("auto")"},
    {"tools", "[]"},
    {"top_p", "null"},
    {"truncation", R"("disabled")"},
}};

struct Walk {
  std::string_view body;
  Echoes& echoes;
};

void note_member(void* self, const json::RawMember& member) {
  auto& walk = *static_cast<Walk*>(self);
  for (Echo& echo : walk.echoes)
    if (echo.key == member.key)
      echo.sent = walk.body.substr(member.value.begin, member.value.end - member.value.begin);
}

std::string usage_json(const Usage& usage) {
  std::string out;
  JsonObject object(out);
  object.integer("input_tokens", usage.input);
  JsonObject input(object.open("input_tokens_details"));
  input.integer("cached_tokens", usage.cached_input);
  input.integer("cache_write_tokens", usage.cache_write_input);
  input.end();
  object.integer("output_tokens", usage.output);
  JsonObject output(object.open("output_tokens_details"));
  output.integer("reasoning_tokens", usage.reasoning_output);
  output.end();
  object.integer("total_tokens", usage.input + usage.output);
  object.end();
  return out;
}

void append_reasoning(JsonObject& object, const Thought& thought) {
  std::string& summary = object.open("summary");
  summary += '[';
  if (!thought.text.empty()) {
    JsonObject part(summary);
    part.text("type", "summary_text");
    part.text("text", thought.text);
    part.end();
  }
  summary += ']';
  if (const std::string proof = sealed(thought); !proof.empty())
    object.text("encrypted_content", proof);
}

void append_reasons(JsonObject& object, const ResponseState& state) {
  if (state.error_code.empty()) {
    object.raw("error", "null");
  } else {
    JsonObject error(object.open("error"));
    error.text("code", state.error_code);
    error.text("message", state.error_message);
    error.end();
  }
  if (state.incomplete_reason.empty()) return object.raw("incomplete_details", "null");
  JsonObject details(object.open("incomplete_details"));
  details.text("reason", state.incomplete_reason);
  details.end();
}

}  // namespace

void append_part(std::string& out, const SaidPart& part) {
  JsonObject object(out);
  object.text("type", part.refusal ? "refusal" : "output_text");
  object.text(part.refusal ? "refusal" : "text", part.text);
  if (!part.refusal) object.raw("annotations", "[]");
  if (!part.refusal) object.raw("logprobs", "[]");
  object.end();
}

void append_item(std::string& out, const OutputItem& item, std::string_view status) {
  JsonObject object(out);
  object.text("id", item.id);
  switch (item.kind) {
    case OutputItem::Kind::message: {
      object.text("type", "message");
      object.text("status", status);
      object.text("role", "assistant");
      std::string& content = object.open("content");
      content += '[';
      for (const SaidPart& part : item.said) append_part(next_item(content), part);
      content += ']';
      break;
    }
    case OutputItem::Kind::reasoning:
      object.text("type", "reasoning");
      append_reasoning(object, item.thought);
      break;
    case OutputItem::Kind::call:
      object.text("type", "function_call");
      object.text("status", status);
      object.text("arguments", item.call.arguments);
      object.text("call_id", item.call.id);
      object.text("name", item.call.name);
      break;
  }
  object.end();
}

std::string echo_of(const Request* request) {
  Echoes echoes = kEchoes;
  if (request != nullptr) {
    Walk walk{.body = request->body, .echoes = echoes};
    (void)json::for_each_raw_member(request->body, note_member, &walk);
  }
  std::string out;
  for (const Echo& echo : echoes) {
    out += ',';
    json::append_string(out, echo.key);
    out += ':';
    out += echo.sent.empty() || echo.sent == "null" ? echo.otherwise : echo.sent;
  }
  // Line ends between JSON tokens become spaces, so that it all fits one `data:`.
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

void append_response(std::string& out, const ResponseState& state, std::string_view output,
                     std::string_view echo) {
  JsonObject object(out);
  object.text("id", state.id);
  object.text("object", "response");
  object.integer("created_at", state.created);
  object.text("status", state.status);
  object.boolean("background", false);
  append_reasons(object, state);
  object.text("model", state.model);
  object.raw("output", output);
  object.raw("previous_response_id", "null");
  object.boolean("store", false);  // nothing is kept here, whatever was asked
  object.raw("usage", state.usage ? usage_json(*state.usage) : "null");
  out += echo;
  object.end();
}

}  // namespace plimsoll::dialects::openai_responses
