// A request of another dialect as a response's:
//   request = { "model", "input": [ item, ... ], "store": false, option* }
// Calls, their results and thoughts are items of their own.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/call_id.h"
#include "dialects/json_object.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::openai_responses {
namespace {

using Kind = Part::Kind;

std::string address_of(const Part& part) {
  if (part.data.empty()) return part.url;
  return fmt::format("data:{};base64,{}", part.media_type, part.data);
}

void append_media(JsonObject& object, const Part& part) {
  if (part.kind == Kind::image) {
    object.text("type", "input_image");
    object.text("detail", "auto");
    object.text("image_url", address_of(part));
    return;
  }
  object.text("type", "input_file");
  if (part.data.empty()) return object.text("file_url", part.url);
  object.text("filename", part.name.empty() ? "document.pdf" : part.name);
  object.text("file_data", address_of(part));
}

void append_part(std::string& out, const Part& part, Role role) {
  JsonObject object(next_item(out));
  if (part.kind == Kind::refusal && role == Role::assistant) {
    object.text("type", "refusal");
    object.text("refusal", part.text);
  } else if (part.kind == Kind::text || part.kind == Kind::refusal) {
    object.text("type", role == Role::assistant ? "output_text" : "input_text");
    object.text("text", part.text);
  } else {
    append_media(object, part);
  }
  object.end();
}

void append_call(std::string& out, const Part& part) {
  JsonObject item(next_item(out));
  item.text("type", "function_call");
  item.text("call_id", split_id(part.id).id);
  item.text("name", part.name);
  item.text("arguments", part.text.empty() ? "{}" : part.text);
  item.end();
}

void append_result(std::string& out, const Part& result) {
  JsonObject item(next_item(out));
  item.text("type", "function_call_output");
  item.text("call_id", split_id(result.id).id);
  const bool plain = result.parts.size() == 1 && result.parts.front().kind == Kind::text;
  if (plain || result.parts.empty()) {
    // There is no field for a failure, so the text says it.
    const std::string text = plain ? result.parts.front().text : "";
    item.text("output", result.is_error ? "Error: " + text : text);
  } else {
    std::string& parts = item.open("output");
    parts += '[';
    if (result.is_error) append_part(parts, {.text = "Error:"}, Role::user);
    for (const Part& part : result.parts) append_part(parts, part, Role::user);
    parts += ']';
  }
  item.end();
}

std::string_view word_of(Role role) {
  switch (role) {
    case Role::system: return "developer";
    case Role::user: return "user";
    case Role::assistant: return "assistant";
  }
  return "user";
}

bool is_said(const Part& part) {
  return part.kind == Kind::text || part.kind == Kind::refusal || part.kind == Kind::image ||
         part.kind == Kind::document;
}

/// What a turn says in words and pictures, as one message.
void append_message(std::string& out, const Turn& turn) {
  if (std::ranges::none_of(turn.parts, is_said)) return;
  JsonObject item(next_item(out));
  item.text("type", "message");
  item.text("role", word_of(turn.role));
  std::string& content = item.open("content");
  content += '[';
  for (const Part& part : turn.parts)
    if (is_said(part)) append_part(content, part, turn.role);
  content += ']';
  item.end();
}

/// Results stand before what the user says with them, calls behind the text.
void append_turns(std::string& out, const std::vector<Turn>& turns,
                  std::vector<std::string>& dropped) {
  out += '[';
  for (const Turn& turn : turns) {
    for (const Part& part : turn.parts) {
      if (part.kind == Kind::tool_result) append_result(out, part);
      if (part.kind == Kind::thinking) drop(dropped, "messages.thinking");
      if (!part.cache_control.empty()) drop(dropped, "cache_control");
    }
    append_message(out, turn);
    for (const Part& part : turn.parts)
      if (part.kind == Kind::tool_use) append_call(out, part);
  }
  out += ']';
}

void append_tool(std::string& out, const ToolSpec& tool) {
  JsonObject object(next_item(out));
  object.text("type", "function");
  object.text("name", tool.name);
  if (!tool.description.empty()) object.text("description", tool.description);
  object.raw("parameters",
             tool.schema.empty() ? R"({"type":"object","properties":{}})" : tool.schema);
  object.boolean("strict", tool.strict);
  object.end();
}

void append_tools(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  using Mode = ToolChoice::Mode;
  if (prompt.tools.empty()) return;
  std::string& out = body.open("tools");
  out += '[';
  for (const ToolSpec& tool : prompt.tools) {
    if (!tool.cache_control.empty()) drop(dropped, "cache_control");
    append_tool(out, tool);
  }
  out += ']';
  if (!prompt.tool_choice.parallel) body.boolean("parallel_tool_calls", false);
  switch (prompt.tool_choice.mode) {
    case Mode::unset: return;
    case Mode::free: return body.text("tool_choice", "auto");
    case Mode::none: return body.text("tool_choice", "none");
    case Mode::required: return body.text("tool_choice", "required");
    case Mode::named: break;
  }
  JsonObject choice(body.open("tool_choice"));
  choice.text("type", "function");
  choice.text("name", prompt.tool_choice.name);
  choice.end();
}

void append_format(JsonObject& body, const AnswerFormat& format) {
  if (format.kind == AnswerFormat::Kind::text) return;
  JsonObject text(body.open("text"));
  JsonObject object(text.open("format"));
  if (format.kind == AnswerFormat::Kind::json_object) {
    object.text("type", "json_object");
  } else {
    object.text("type", "json_schema");
    object.text("name", format.name.empty() ? "answer" : format.name);
    object.raw("schema", format.schema.empty() ? "{}" : format.schema);
    object.boolean("strict", format.strict.value_or(true));
  }
  object.end();
  text.end();
}

void append_options(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  if (prompt.temperature) body.number("temperature", *prompt.temperature);
  if (prompt.top_p) body.number("top_p", *prompt.top_p);
  if (prompt.top_k) drop(dropped, "top_k");
  if (!prompt.stops.empty()) drop(dropped, "stop");
  if (!prompt.effort.empty()) {
    JsonObject reasoning(body.open("reasoning"));
    reasoning.text("effort", prompt.effort);
    reasoning.end();
  }
  if (!prompt.thinking.empty() && prompt.effort.empty()) drop(dropped, "thinking");
  if (!prompt.user.empty()) body.text("safety_identifier", prompt.user);
}

}  // namespace

Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                               std::vector<std::string>& dropped) {
  std::string out;
  JsonObject body(out);
  body.text("model", edits.model);
  append_turns(body.open("input"), prompt.turns, dropped);
  body.boolean("store", false);
  std::optional<std::int64_t> limit = prompt.output_tokens_max;
  if (edits.output_tokens_max)
    limit = std::min(limit.value_or(*edits.output_tokens_max), *edits.output_tokens_max);
  if (limit) body.integer("max_output_tokens", std::max<std::int64_t>(*limit, 1));
  append_tools(body, prompt, dropped);
  append_format(body, prompt.format);
  append_options(body, prompt, dropped);
  if (prompt.stream) body.boolean("stream", true);
  body.end();
  return out;
}

}  // namespace plimsoll::dialects::openai_responses
