// Grammar of what is written (Google's reference, GenerateContentRequest):
//   request = { "contents": [ { "role": "user" / "model", "parts" }, ... ],
//               "systemInstruction", "tools", "toolConfig", "generationConfig" }
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dialects/call_id.h"
#include "dialects/gemini/gemini.h"
#include "dialects/json_object.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::gemini {
namespace {

using Kind = Part::Kind;

constexpr std::size_t kStopsMax = 5;

/// The names of the tools by the ids of their calls: results are told by name here.
using Names = std::map<std::string, std::string, std::less<>>;

bool is_object(const std::string& text) {
  json::Document document;
  const auto value = document.parse(text);
  return value && value->kind() == json::Kind::object;
}

void append_text(std::string& out, std::string_view text) {
  JsonObject part(next_item(out));
  part.text("text", text);
  part.end();
}

void append_media(std::string& out, const Part& part) {
  JsonObject written(next_item(out));
  const bool inside = !part.data.empty();
  JsonObject media(written.open(inside ? "inlineData" : "fileData"));
  if (inside) {
    media.text("mimeType", part.media_type);
    media.text("data", part.data);
  } else {
    media.text("fileUri", part.url);
  }
  media.end();
  written.end();
}

void append_call(std::string& out, const Part& part, Names& names) {
  names.insert_or_assign(part.id, part.name);
  const CallId id = split_id(part.id);
  JsonObject written(next_item(out));
  JsonObject call(written.open("functionCall"));
  call.text("name", part.name);
  call.raw("args", is_object(part.text) ? part.text : "{}");
  call.end();
  if (!id.signature.empty()) written.text("thoughtSignature", id.signature);
  written.end();
}

std::string text_of(const Part& result) {
  std::string text;
  for (const Part& part : result.parts)
    if (part.kind == Kind::text) text += part.text;
  return text;
}

/// The response must be an object; what is none is wrapped.
Result<void> append_result(std::string& out, const Part& part, const Names& names) {
  const auto name = names.find(part.id);
  if (name == names.end())
    return fail(ErrorKind::request_invalid,
                fmt::format("a result answers the call {}, which is not in the messages",
                            json::quoted(part.id.substr(0, 80))),
                "send the assistant's message with its tool calls too");
  JsonObject written(next_item(out));
  JsonObject response(written.open("functionResponse"));
  response.text("name", name->second);
  const std::string text = text_of(part);
  if (is_object(text) && !part.is_error) {
    response.raw("response", text);
  } else {
    JsonObject wrapped(response.open("response"));
    wrapped.text(part.is_error ? "error" : "result", text);
    wrapped.end();
  }
  response.end();
  written.end();
  for (const Part& inner : part.parts)  // pictures follow, for want of a place inside
    if (inner.kind == Kind::image || inner.kind == Kind::document) append_media(out, inner);
  return {};
}

Result<void> append_part(std::string& out, const Part& part, Names& names) {
  switch (part.kind) {
    case Kind::text:
    case Kind::refusal:
      if (!part.text.empty()) append_text(out, part.text);
      return {};
    case Kind::image:
    case Kind::document: append_media(out, part); return {};
    case Kind::tool_use: append_call(out, part, names); return {};
    case Kind::tool_result: return append_result(out, part, names);
    case Kind::thinking: return {};  // of another provider: it proves nothing here
  }
  return {};
}

Result<void> append_turns(std::string& out, const std::vector<Turn>& turns) {
  Names names;
  out += '[';
  for (const Turn& turn : turns) {
    std::string parts = "[";
    for (const Part& part : turn.parts)
      if (auto written = append_part(parts, part, names); !written) return written;
    if (parts == "[") continue;
    JsonObject content(next_item(out));
    content.text("role", turn.role == Role::assistant ? "model" : "user");
    content.raw("parts", parts + "]");
    content.end();
  }
  out += ']';
  return {};
}

void append_system(JsonObject& body, const std::vector<Part>& system) {
  std::string parts = "[";
  for (const Part& part : system)
    if (part.kind == Kind::text && !is_blank(part.text)) append_text(parts, part.text);
  if (parts == "[") return;
  JsonObject instruction(body.open("systemInstruction"));
  instruction.raw("parts", parts + "]");
  instruction.end();
}

void append_tool_config(JsonObject& body, const ToolChoice& choice) {
  using Mode = ToolChoice::Mode;
  if (choice.mode == Mode::unset || choice.mode == Mode::free) return;
  JsonObject config(body.open("toolConfig"));
  JsonObject calling(config.open("functionCallingConfig"));
  calling.text("mode", choice.mode == Mode::none ? "NONE" : "ANY");
  if (choice.mode == Mode::named)
    calling.raw("allowedFunctionNames", "[" + json::quoted(choice.name) + "]");
  calling.end();
  config.end();
}

void append_tools(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  if (prompt.tools.empty()) return;
  std::string& out = body.open("tools");
  out += R"([{"functionDeclarations":[)";
  for (const ToolSpec& tool : prompt.tools) {
    JsonObject written(next_item(out));
    written.text("name", tool.name);
    if (!tool.description.empty()) written.text("description", tool.description);
    if (!tool.schema.empty()) written.raw("parametersJsonSchema", tool.schema);
    written.end();
    if (tool.strict) drop(dropped, "tools.strict");
    if (!tool.cache_control.empty()) drop(dropped, "cache_control");
  }
  out += "]}]";
  append_tool_config(body, prompt.tool_choice);
  if (!prompt.tool_choice.parallel) drop(dropped, "parallel_tool_calls");
}

/// Newer models name a level, those of 2.5 count tokens.
void append_thinking(JsonObject& config, const std::string& effort, std::string_view model) {
  if (effort.empty()) return;
  const bool budget = model.find("2.5") != std::string_view::npos;
  JsonObject thinking(config.open("thinkingConfig"));
  if (budget) {
    const std::int64_t tokens = effort == "none"                         ? 0
                                : effort == "minimal" || effort == "low" ? 1'024
                                : effort == "medium"                     ? 8'192
                                                                         : 24'576;
    thinking.integer("thinkingBudget", tokens);
  } else {
    const bool low = effort == "none" || effort == "minimal" || effort == "low";
    thinking.text("thinkingLevel", low ? "low" : "high");
  }
  if (effort != "none") thinking.boolean("includeThoughts", true);
  thinking.end();
}

void append_format(JsonObject& config, const AnswerFormat& format) {
  if (format.kind == AnswerFormat::Kind::text) return;
  config.text("responseMimeType", "application/json");
  if (!format.schema.empty()) config.raw("responseJsonSchema", format.schema);
}

/// What the client asked for, else what the rung asks.
AnswerFormat format_of(const Prompt& prompt, const Correction* correction) {
  AnswerFormat format = prompt.format;
  if (format.kind != AnswerFormat::Kind::text || correction == nullptr) return format;
  if (correction->json) format.kind = AnswerFormat::Kind::json_object;
  if (correction->schema.empty()) return format;
  format.kind = AnswerFormat::Kind::json_schema;
  format.schema = correction->schema;
  return format;
}

void append_stops(JsonObject& config, const Prompt& prompt, std::vector<std::string>& dropped) {
  if (prompt.stops.empty()) return;
  if (prompt.stops.size() > kStopsMax) drop(dropped, "stop");
  std::string stops = "[";
  for (std::size_t i = 0; i < std::min(prompt.stops.size(), kStopsMax); ++i)
    json::append_string(next_item(stops), prompt.stops[i]);
  config.raw("stopSequences", stops + "]");
}

void append_config(JsonObject& body, const Prompt& prompt, const CallEdits& edits,
                   std::vector<std::string>& dropped) {
  std::string text;
  JsonObject config(text);
  const std::optional<double> temperature =
      edits.rung.temperature ? edits.rung.temperature : prompt.temperature;
  if (temperature) config.number("temperature", *temperature);
  if (edits.rung.seed) config.integer("seed", *edits.rung.seed);
  if (prompt.top_p) config.number("topP", *prompt.top_p);
  if (prompt.top_k) config.integer("topK", *prompt.top_k);
  std::optional<std::int64_t> limit = prompt.output_tokens_max;
  if (edits.output_tokens_max)
    limit = std::min(limit.value_or(*edits.output_tokens_max), *edits.output_tokens_max);
  if (limit) config.integer("maxOutputTokens", *limit);
  append_stops(config, prompt, dropped);
  append_format(config, format_of(prompt, edits.rung.correction));
  append_thinking(config, prompt.effort, edits.model);
  config.end();
  if (text != "{}") body.raw("generationConfig", text);
}

}  // namespace

Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                               std::vector<std::string>& dropped) {
  Talk talk = arranged(prompt);
  const Correction* correction = edits.rung.correction;
  if (correction != nullptr && !correction->words.empty())
    talk.turns.push_back({.role = Role::user, .parts = {{.text = correction->words}}});
  std::string out;
  JsonObject body(out);
  if (auto written = append_turns(body.open("contents"), talk.turns); !written)
    return std::unexpected(std::move(written).error());
  append_system(body, talk.system);
  append_tools(body, prompt, dropped);
  append_config(body, prompt, edits, dropped);
  if (!prompt.user.empty()) drop(dropped, "user");
  if (!prompt.thinking.empty()) drop(dropped, "thinking");
  body.end();
  return out;
}

/// What the rung wants was written with the rest.
std::string edit_call(std::string body, const CallEdits&, std::vector<std::string>&) {
  return body;
}

}  // namespace plimsoll::dialects::gemini
