// Grammar of what is written (Anthropic's document, "Create a message"):
//   request = { "model", "max_tokens", "messages": [ turn, ... ], "system", option* }
//   turn    = { "role": "user" / "assistant", "content": [ block, ... ] }
// Turns of one role are merged, results of tools stand first in theirs, and no
// text is empty: anything else is refused there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "dialects/anthropic/anthropic.h"
#include "dialects/anthropic/argument_scan.h"
#include "dialects/anthropic/models.h"
#include "dialects/call_id.h"
#include "dialects/json_object.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::anthropic {
namespace {

using Kind = Part::Kind;

constexpr std::int64_t kOutputTokensUnknownModel = 4'096;
constexpr std::int64_t kOutputTokensUnasked = 16'384;

/// The same id for a call and its result, in the letters that are allowed.
std::string safe_id(const std::string& with_signature) {
  const std::string id(split_id(with_signature).id);
  std::string safe = id;
  bool changed = safe.empty();
  for (char& c : safe) {
    const bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '_' || c == '-';
    changed |= !fits;
    if (!fits) c = '_';
  }
  return changed ? safe + "_" + fingerprint(id).substr(0, 8) : safe;
}

void add_cache(JsonObject& block, const Part& part) {
  if (!part.cache_control.empty()) block.raw("cache_control", part.cache_control);
}

void append_text(std::string& out, const Part& part) {
  JsonObject block(next_item(out));
  block.text("type", "text");
  block.text("text", part.text);
  add_cache(block, part);
  block.end();
}

void append_source(JsonObject& block, const Part& part) {
  JsonObject source(block.open("source"));
  if (part.data.empty()) {
    source.text("type", "url");
    source.text("url", part.url);
  } else {
    source.text("type", "base64");
    source.text("media_type", part.media_type);
    source.text("data", part.data);
  }
  source.end();
}

Result<void> check_media(const Part& part) {
  if (part.data.empty()) return {};
  const std::string& type = part.media_type;
  const bool known = part.kind == Kind::document ? type == "application/pdf"
                                                 : type == "image/jpeg" || type == "image/png" ||
                                                       type == "image/gif" || type == "image/webp";
  if (known) return {};
  return fail(
      ErrorKind::request_invalid,
      fmt::format("a {} of type \"{}\" cannot be carried over to the provider of this model",
                  part.kind == Kind::document ? "file" : "picture", type.substr(0, 80)),
      part.kind == Kind::document ? "send a PDF" : "send a JPEG, PNG, GIF or WebP");
}

Result<void> append_media(std::string& out, const Part& part) {
  if (auto known = check_media(part); !known) return known;
  JsonObject block(next_item(out));
  block.text("type", part.kind == Kind::document ? "document" : "image");
  append_source(block, part);
  if (!part.name.empty()) block.text("title", part.name);
  add_cache(block, part);
  block.end();
  return {};
}

/// Only a thought that can prove itself may go back.
void append_thinking(std::string& out, const Part& part) {
  if (part.signature.empty() && part.data.empty()) return;
  JsonObject block(next_item(out));
  if (part.data.empty()) {
    block.text("type", "thinking");
    block.text("thinking", part.text);
    block.text("signature", part.signature);
  } else {
    block.text("type", "redacted_thinking");
    block.text("data", part.data);
  }
  block.end();
}

void append_tool_use(std::string& out, const Part& part) {
  JsonObject block(next_item(out));
  block.text("type", "tool_use");
  block.text("id", safe_id(part.id));
  block.text("name", part.name);
  block.raw("input", input_of(part.text));
  add_cache(block, part);
  block.end();
}

Result<void> append_part(std::string& out, const Part& part);

Result<void> append_tool_result(std::string& out, const Part& part) {
  JsonObject block(next_item(out));
  block.text("type", "tool_result");
  block.text("tool_use_id", safe_id(part.id));
  std::string& content = block.open("content");
  content += '[';
  for (const Part& inner : part.parts)
    if (auto written = append_part(content, inner); !written) return written;
  content += ']';
  if (part.is_error) block.boolean("is_error", true);
  add_cache(block, part);
  block.end();
  return {};
}

Result<void> append_part(std::string& out, const Part& part) {
  switch (part.kind) {
    case Kind::text:
    case Kind::refusal:
      if (!is_blank(part.text)) append_text(out, part);
      return {};
    case Kind::image:
    case Kind::document: return append_media(out, part);
    case Kind::thinking: append_thinking(out, part); return {};
    case Kind::tool_use: append_tool_use(out, part); return {};
    case Kind::tool_result: return append_tool_result(out, part);
  }
  return {};
}

/// A last word of the assistant is what its answer begins with; blanks at its
/// end are refused.
void trim_last_word(Talk& talk) {
  if (talk.turns.empty() || talk.turns.back().role != Role::assistant) return;
  std::vector<Part>& parts = talk.turns.back().parts;
  if (parts.empty() || parts.back().kind != Kind::text) return;
  std::string& text = parts.back().text;
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
}

Result<void> append_turns(std::string& out, const std::vector<Turn>& turns) {
  out += '[';
  for (const Turn& turn : turns) {
    std::string content = "[";
    for (const Part& part : turn.parts)
      if (auto written = append_part(content, part); !written) return written;
    if (content == "[") continue;
    JsonObject message(next_item(out));
    message.text("role", turn.role == Role::assistant ? "assistant" : "user");
    message.raw("content", content + "]");
    message.end();
  }
  out += ']';
  return {};
}

void append_system(JsonObject& body, const std::vector<Part>& parts) {
  std::string blocks = "[";
  for (const Part& part : parts)
    if (part.kind == Kind::text && !is_blank(part.text)) append_text(blocks, part);
  if (blocks != "[") body.raw("system", blocks + "]");
}

void append_tool(std::string& out, const ToolSpec& tool) {
  JsonObject written(next_item(out));
  written.text("name", tool.name);
  if (!tool.description.empty()) written.text("description", tool.description);
  written.raw("input_schema",
              tool.schema.empty() ? R"({"type":"object","properties":{}})" : tool.schema);
  if (tool.strict) written.boolean("strict", true);
  if (!tool.cache_control.empty()) written.raw("cache_control", tool.cache_control);
  written.end();
}

/// A history with calls is refused without tools: they are named as it names them.
std::vector<ToolSpec> tools_of(const Prompt& prompt) {
  std::vector<ToolSpec> tools = prompt.tools;
  if (!tools.empty()) return tools;
  for (const Turn& turn : prompt.turns)
    for (const Part& part : turn.parts)
      if (part.kind == Kind::tool_use &&
          std::ranges::find(tools, part.name, &ToolSpec::name) == tools.end())
        tools.push_back({.name = part.name});
  return tools;
}

void append_tool_choice(JsonObject& body, const ToolChoice& choice) {
  using Mode = ToolChoice::Mode;
  if (choice.mode == Mode::unset && choice.parallel) return;
  JsonObject written(body.open("tool_choice"));
  switch (choice.mode) {
    case Mode::unset:
    case Mode::free: written.text("type", "auto"); break;
    case Mode::none: written.text("type", "none"); break;
    case Mode::required: written.text("type", "any"); break;
    case Mode::named:
      written.text("type", "tool");
      written.text("name", choice.name);
      break;
  }
  if (!choice.parallel && choice.mode != Mode::none)
    written.boolean("disable_parallel_tool_use", true);
  written.end();
}

void append_tools(JsonObject& body, const Prompt& prompt) {
  const std::vector<ToolSpec> tools = tools_of(prompt);
  if (tools.empty()) return;
  std::string& out = body.open("tools");
  out += '[';
  for (const ToolSpec& tool : tools) append_tool(out, tool);
  out += ']';
  ToolChoice choice = prompt.tool_choice;
  if (prompt.tools.empty()) choice = {.mode = ToolChoice::Mode::none, .name = {}};
  append_tool_choice(body, choice);
}

/// The limit is not optional here. Unasked it stays below what the budget takes
/// for granted.
std::int64_t output_limit(const Prompt& prompt, const CallEdits& edits) {
  const std::int64_t most = edits.model_output_max;
  const std::int64_t unasked =
      std::min(most > 0 ? most : kOutputTokensUnknownModel, kOutputTokensUnasked);
  const std::int64_t asked =
      prompt.output_tokens_max.value_or(edits.output_tokens_max.value_or(unasked));
  const std::int64_t limit = std::min(asked, edits.output_tokens_max.value_or(asked));
  return most > 0 ? std::min(limit, most) : limit;
}

void append_sampling(JsonObject& body, const Prompt& prompt, std::string_view model,
                     std::vector<std::string>& dropped) {
  const bool taken = takes_sampling(model);
  const bool both = takes_both_samplings(model);
  if (prompt.temperature) {
    if (taken) body.number("temperature", std::clamp(*prompt.temperature, 0.0, 1.0));
    if (!taken || *prompt.temperature > 1) drop(dropped, "temperature");
  }
  if (prompt.top_p) {
    const bool sent = taken && (both || !prompt.temperature);
    if (sent) body.number("top_p", *prompt.top_p);
    if (!sent) drop(dropped, "top_p");
  }
  if (prompt.top_k && taken) body.integer("top_k", *prompt.top_k);
  if (prompt.top_k && !taken) drop(dropped, "top_k");
}

void append_stops(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  std::string stops = "[";
  for (const std::string& stop : prompt.stops) {
    if (is_blank(stop))
      drop(dropped, "stop");
    else
      json::append_string(next_item(stops), stop);
  }
  if (stops != "[") body.raw("stop_sequences", stops + "]");
}

/// What the model is asked for in words, where no field asks it.
std::string format_in_words(const AnswerFormat& format) {
  if (format.kind == AnswerFormat::Kind::json_object)
    return "Answer with one JSON object and nothing else.";
  return "Answer with one JSON value that follows this JSON Schema, and with nothing else:\n" +
         format.schema;
}

bool has_field_for(const AnswerFormat& format, std::string_view model) {
  return format.kind == AnswerFormat::Kind::json_schema && takes_schema(model);
}

void append_output_config(JsonObject& body, const Prompt& prompt, std::string_view model,
                          std::vector<std::string>& dropped) {
  std::string config;
  JsonObject object(config);
  const bool effort = !prompt.effort.empty() && prompt.effort != "none";
  if (effort && takes_effort(model))
    object.text("effort", prompt.effort == "minimal" ? "low" : prompt.effort);
  if (effort && !takes_effort(model)) drop(dropped, "reasoning_effort");
  if (has_field_for(prompt.format, model) && !prompt.format.schema.empty()) {
    JsonObject format(object.open("format"));
    format.text("type", "json_schema");
    format.raw("schema", prompt.format.schema);
    format.end();
  }
  object.end();
  if (config != "{}") body.raw("output_config", config);
  if (!prompt.thinking.empty())
    body.raw("thinking", prompt.thinking);
  else if (prompt.effort == "none" && takes_effort(model))
    body.raw("thinking", R"({"type":"disabled"})");
}

}  // namespace

Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                               std::vector<std::string>& dropped) {
  Talk talk = arranged(prompt);
  trim_last_word(talk);
  const bool in_words =
      prompt.format.kind != AnswerFormat::Kind::text && !has_field_for(prompt.format, edits.model);
  if (in_words) {
    talk.system.push_back({.text = format_in_words(prompt.format)});
    drop(dropped, "response_format");
  }
  std::string out;
  JsonObject body(out);
  body.text("model", edits.model);
  body.integer("max_tokens", output_limit(prompt, edits));
  append_system(body, talk.system);
  if (auto written = append_turns(body.open("messages"), talk.turns); !written)
    return std::unexpected(std::move(written).error());
  append_tools(body, prompt);
  append_sampling(body, prompt, edits.model, dropped);
  append_stops(body, prompt, dropped);
  append_output_config(body, prompt, edits.model, dropped);
  if (!prompt.user.empty()) {
    JsonObject metadata(body.open("metadata"));
    metadata.text("user_id", prompt.user);
    metadata.end();
  }
  if (prompt.stream) body.boolean("stream", true);
  body.end();
  return out;
}

}  // namespace plimsoll::dialects::anthropic
