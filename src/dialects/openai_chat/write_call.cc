// A request of another dialect as a chat:
//   request = { "model", "messages": [ message, ... ], option* }
// Results of tools are messages of their own, and stand before what the user says
// with them; pictures in results follow in a message of the user.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "dialects/call_id.h"
#include "dialects/json_object.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using Kind = Part::Kind;

/// OpenAI takes four at most.
constexpr std::size_t kStopsMax = 4;

bool is_said(const Part& part) { return part.kind == Kind::text || part.kind == Kind::refusal; }

bool is_media(const Part& part) { return part.kind == Kind::image || part.kind == Kind::document; }

std::string address_of(const Part& part) {
  if (part.data.empty()) return part.url;
  return fmt::format("data:{};base64,{}", part.media_type, part.data);
}

std::string text_of(const std::vector<Part>& parts) {
  std::string text;
  for (const Part& part : parts) {
    if (!is_said(part)) continue;
    if (!text.empty()) text += '\n';
    text += part.text;
  }
  return text;
}

void append_part(std::string& out, const Part& part) {
  JsonObject object(next_item(out));
  if (is_said(part)) {
    object.text("type", "text");
    object.text("text", part.text);
  } else if (part.kind == Kind::image) {
    object.text("type", "image_url");
    JsonObject image(object.open("image_url"));
    image.text("url", address_of(part));
    image.end();
  } else {
    object.text("type", "file");
    JsonObject file(object.open("file"));
    file.text("filename", part.name.empty() ? "document.pdf" : part.name);
    file.text("file_data", address_of(part));
    file.end();
  }
  object.end();
}

/// One text goes as a string, which every server understands.
void append_content(JsonObject& message, const std::vector<Part>& parts) {
  if (parts.size() == 1 && is_said(parts.front()))
    return message.text("content", parts.front().text);
  std::string& out = message.open("content");
  out += '[';
  for (const Part& part : parts) append_part(out, part);
  out += ']';
}

void append_message(std::string& out, std::string_view role, const std::vector<Part>& parts) {
  if (parts.empty()) return;
  JsonObject message(next_item(out));
  message.text("role", role);
  append_content(message, parts);
  message.end();
}

void append_result(std::string& out, const Part& result) {
  JsonObject message(next_item(out));
  message.text("role", "tool");
  message.text("tool_call_id", split_id(result.id).id);
  // There is no field for a failure, so the text says it.
  message.text("content", (result.is_error ? "Error: " : "") + text_of(result.parts));
  message.end();
}

/// What the user says besides results, and the pictures that came in those.
Result<std::vector<Part>> said_besides(const Turn& turn) {
  std::vector<Part> said;
  for (const Part& part : turn.parts) {
    if (part.kind == Kind::tool_result)
      std::ranges::copy_if(part.parts, std::back_inserter(said), is_media);
    if (is_said(part) || is_media(part)) said.push_back(part);
  }
  for (const Part& part : said)
    if (part.kind == Kind::document && part.data.empty())
      return fail(ErrorKind::request_invalid,
                  "a document by its address cannot be carried over to the provider of this model",
                  "send the document itself as base64");
  return said;
}

void append_tool_calls(JsonObject& message, const std::vector<Part>& parts) {
  if (std::ranges::none_of(parts, [](const Part& p) { return p.kind == Kind::tool_use; })) return;
  std::string& out = message.open("tool_calls");
  out += '[';
  for (const Part& part : parts) {
    if (part.kind != Kind::tool_use) continue;
    JsonObject call(next_item(out));
    call.text("id", split_id(part.id).id);
    call.text("type", "function");
    JsonObject function(call.open("function"));
    function.text("name", part.name);
    function.text("arguments", part.text.empty() ? "{}" : part.text);
    function.end();
    call.end();
  }
  out += ']';
}

void append_assistant(std::string& out, const Turn& turn) {
  const std::string text = text_of(turn.parts);
  JsonObject message(next_item(out));
  message.text("role", "assistant");
  if (text.empty())
    message.raw("content", "null");
  else
    message.text("content", text);
  append_tool_calls(message, turn.parts);
  message.end();
}

Result<void> append_turns(std::string& out, const std::vector<Turn>& turns,
                          std::vector<std::string>& dropped) {
  out += '[';
  for (const Turn& turn : turns) {
    for (const Part& part : turn.parts) {
      if (part.kind == Kind::tool_result) append_result(out, part);
      if (part.kind == Kind::thinking) drop(dropped, "messages.thinking");
      if (!part.cache_control.empty()) drop(dropped, "cache_control");
    }
    if (turn.role == Role::assistant) {
      append_assistant(out, turn);
    } else if (turn.role == Role::system) {
      append_message(out, "system", {Part{.text = text_of(turn.parts)}});
    } else {
      PLIMSOLL_TRY(const auto said, said_besides(turn));
      append_message(out, "user", said);
    }
  }
  out += ']';
  return {};
}

void append_tools(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  if (prompt.tools.empty()) return;
  std::string& out = body.open("tools");
  out += '[';
  for (const ToolSpec& tool : prompt.tools) {
    if (!tool.cache_control.empty()) drop(dropped, "cache_control");
    JsonObject object(next_item(out));
    object.text("type", "function");
    JsonObject function(object.open("function"));
    function.text("name", tool.name);
    if (!tool.description.empty()) function.text("description", tool.description);
    if (!tool.schema.empty()) function.raw("parameters", tool.schema);
    if (tool.strict) function.boolean("strict", true);
    function.end();
    object.end();
  }
  out += ']';
  if (!prompt.tool_choice.parallel) body.boolean("parallel_tool_calls", false);
}

void append_tool_choice(JsonObject& body, const Prompt& prompt) {
  using Mode = ToolChoice::Mode;
  if (prompt.tools.empty()) return;
  switch (prompt.tool_choice.mode) {
    case Mode::unset: return;
    case Mode::free: return body.text("tool_choice", "auto");
    case Mode::none: return body.text("tool_choice", "none");
    case Mode::required: return body.text("tool_choice", "required");
    case Mode::named: break;
  }
  JsonObject choice(body.open("tool_choice"));
  choice.text("type", "function");
  JsonObject function(choice.open("function"));
  function.text("name", prompt.tool_choice.name);
  function.end();
  choice.end();
}

void append_format(JsonObject& body, const AnswerFormat& format) {
  if (format.kind == AnswerFormat::Kind::text) return;
  JsonObject object(body.open("response_format"));
  if (format.kind == AnswerFormat::Kind::json_object) {
    object.text("type", "json_object");
  } else {
    object.text("type", "json_schema");
    JsonObject schema(object.open("json_schema"));
    schema.text("name", format.name.empty() ? "answer" : format.name);
    schema.raw("schema", format.schema.empty() ? "{}" : format.schema);
    schema.boolean("strict", format.strict.value_or(true));
    schema.end();
  }
  object.end();
}

void append_options(JsonObject& body, const Prompt& prompt, std::vector<std::string>& dropped) {
  if (prompt.temperature) body.number("temperature", *prompt.temperature);
  if (prompt.top_p) body.number("top_p", *prompt.top_p);
  if (prompt.top_k) drop(dropped, "top_k");
  if (prompt.stops.size() > kStopsMax) drop(dropped, "stop_sequences");
  if (!prompt.stops.empty()) {
    std::string& out = body.open("stop");
    out += '[';
    for (const std::string& stop : prompt.stops | std::views::take(kStopsMax))
      json::append_string(next_item(out), stop);
    out += ']';
  }
  if (!prompt.effort.empty()) body.text("reasoning_effort", prompt.effort);
  const bool no_word = !prompt.thinking.empty() && prompt.effort.empty();
  if (no_word) drop(dropped, "thinking");
  if (!prompt.user.empty()) body.text("user", prompt.user);
}

void append_limit(JsonObject& body, const Prompt& prompt, const CallEdits& edits) {
  std::optional<std::int64_t> limit = prompt.output_tokens_max;
  if (edits.output_tokens_max)
    limit = std::min(limit.value_or(*edits.output_tokens_max), *edits.output_tokens_max);
  if (!limit) return;
  const bool older = edits.output_limit_field == OutputLimitField::max_tokens;
  // Nought warms a cache up there; here the least is one.
  body.integer(older ? "max_tokens" : "max_completion_tokens", std::max<std::int64_t>(*limit, 1));
}

}  // namespace

Result<std::string> write_call(const Prompt& prompt, const CallEdits& edits,
                               std::vector<std::string>& dropped) {
  std::string out;
  JsonObject body(out);
  body.text("model", edits.model);
  if (auto written = append_turns(body.open("messages"), prompt.turns, dropped); !written)
    return std::unexpected(std::move(written).error());
  append_limit(body, prompt, edits);
  append_tools(body, prompt, dropped);
  append_tool_choice(body, prompt);
  append_format(body, prompt.format);
  append_options(body, prompt, dropped);
  if (prompt.stream) {
    body.boolean("stream", true);
    if (edits.ask_usage) body.raw("stream_options", R"({"include_usage":true})");
  }
  body.end();
  return out;
}

}  // namespace plimsoll::dialects::openai_chat
