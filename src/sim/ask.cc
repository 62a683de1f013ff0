#include "sim/ask.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace plimsoll::sim {
namespace {

std::unexpected<Error> refuse(std::string what) {
  return fail(ErrorKind::request_invalid, std::move(what));
}

/// The text of a message: a string, or the text parts one after the other.
std::string text_of(const json::Value& message) {
  const auto content = message.get("content");
  if (!content) return {};
  if (const auto text = content->as_string()) return std::string(*text);
  std::string all;
  if (const auto parts = content->as_array()) {
    for (const json::Value part : *parts) all += part.get_string("text").value_or("");
  }
  return all;
}

Result<void> read_messages(const json::Value& root, Ask& ask) {
  const auto member = root.get("messages");
  const auto messages = member ? member->as_array() : std::nullopt;
  if (!messages || messages->size() == 0) {
    return refuse("Missing required parameter: 'messages'.");
  }
  for (const json::Value message : *messages) {
    const auto role = message.get_string("role");
    if (!role) return refuse("Missing required parameter: 'messages[].role'.");
    std::string text = text_of(message);
    ask.prompt_tokens += tokens_of(text);
    if (*role == "user") ask.user_turns.push_back(std::move(text));
  }
  std::ranges::reverse(ask.user_turns);
  return {};
}

void read_tools(const json::Value& root, Ask& ask) {
  const auto member = root.get("tools");
  const auto tools = member ? member->as_array() : std::nullopt;
  if (!tools) return;
  for (const json::Value tool : *tools) {
    const auto function = tool.get("function");
    if (!function) continue;
    const auto parameters = function->get("parameters");
    ask.tools.push_back({.name = std::string(function->get_string("name").value_or("")),
                         .parameters = parameters ? parameters->dump() : std::string()});
  }
}

Result<void> read_tool_choice(const json::Value& root, Ask& ask) {
  const auto choice = root.get("tool_choice");
  if (!choice) return {};
  if (const auto word = choice->as_string()) {
    ask.must_call_tool = *word == "required";
  } else if (const auto function = choice->get("function")) {
    ask.must_call_tool = true;
    ask.tool_forced = function->get_string("name").value_or("");
    if (std::ranges::find(ask.tools, ask.tool_forced, &Tool::name) == ask.tools.end())
      return refuse(fmt::format("Tool choice '{}' not found in 'tools'.", ask.tool_forced));
  }
  if (ask.must_call_tool && ask.tools.empty())
    return refuse("'tool_choice' is only allowed when 'tools' are specified.");
  return {};
}

Result<void> read_shape(const json::Value& root, Ask& ask) {
  const auto format = root.get("response_format");
  if (!format || format->is_null()) return {};
  const auto type = format->get_string("type").value_or("");
  if (type == "json_object") {
    ask.shape = Ask::Shape::json_object;
  } else if (type == "json_schema") {
    ask.shape = Ask::Shape::json_schema;
    const auto holder = format->get("json_schema");
    const auto schema = holder ? holder->get("schema") : std::nullopt;
    if (!schema) return refuse("Missing required parameter: 'response_format.json_schema.schema'.");
    ask.schema = schema->dump();
  } else if (type != "text") {
    return refuse(fmt::format("Invalid value: '{}' for 'response_format.type'.", type));
  }
  return {};
}

Result<void> read_numbers(const json::Value& root, Ask& ask) {
  if (const auto n = root.get("n"); n && !n->is_null()) {
    const auto value = n->as_int();
    if (!value || *value < 1 || *value > Ask::kChoicesMax)
      return refuse(fmt::format("Invalid 'n': it must be 1 to {}.", Ask::kChoicesMax));
    ask.choices = static_cast<int>(*value);
  }
  for (const std::string_view field : {"max_completion_tokens", "max_tokens"}) {
    const auto limit = root.get(field);
    if (!limit || limit->is_null()) continue;
    const auto value = limit->as_int();
    if (!value || *value < 1)
      return refuse(fmt::format("Invalid '{}': it must be at least 1.", field));
    if (!ask.tokens_max) ask.tokens_max = static_cast<std::size_t>(*value);
  }
  return {};
}

Result<void> read_stream(const json::Value& root, Ask& ask) {
  ask.stream = root.get_bool("stream").value_or(false);
  const auto options = root.get("stream_options");
  if (!options || options->is_null()) return {};
  if (!ask.stream) {
    return refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.");
  }
  ask.include_usage = options->get_bool("include_usage").value_or(false);
  return {};
}

}  // namespace

Result<Ask> read_ask(std::string_view body) {
  json::Document document;
  auto root = document.parse(body);
  if (!root || !root->as_object()) {
    return refuse("We could not parse the JSON body of your request.");
  }
  Ask ask;
  const auto model = root->get_string("model");
  if (!model || model->empty()) return refuse("you must provide a model parameter");
  ask.model = *model;
  read_tools(*root, ask);
  for (const auto read : {read_messages, read_numbers, read_stream, read_tool_choice, read_shape}) {
    if (auto done = read(*root, ask); !done) return std::unexpected(std::move(done).error());
  }
  return ask;
}

}  // namespace plimsoll::sim
