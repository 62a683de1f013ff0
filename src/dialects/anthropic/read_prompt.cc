// A Messages request in words that every dialect shares. What it has and they
// lack is named in Prompt::dropped; what would change the meaning is refused.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/anthropic/anthropic.h"

namespace plimsoll::dialects::anthropic {
namespace {

using Kind = Part::Kind;

std::string string_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(std::string_view()));
}

std::string json_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value && !value->is_null() ? value->dump() : std::string();
}

void drop(Prompt& prompt, std::string name) {
  if (std::ranges::find(prompt.dropped, name) == prompt.dropped.end())
    prompt.dropped.push_back(std::move(name));
}

Result<Part> read_media(const json::Value& block, Kind kind) {
  Part part{.kind = kind, .name = string_at(block, "title")};
  const auto source = block.get("source");
  const std::string type = source ? string_at(*source, "type") : std::string();
  if (type == "base64") {
    part.media_type = string_at(*source, "media_type");
    part.data = string_at(*source, "data");
    return part;
  }
  if (type == "url") {
    part.url = string_at(*source, "url");
    return part;
  }
  if (type == "text") return Part{.text = string_at(*source, "data")};
  return fail(ErrorKind::request_invalid,
              fmt::format("a source of type \"{}\" cannot be carried over to the provider of this "
                          "model",
                          type.substr(0, 40)),
              "send it as base64 or by its address");
}

/// Reads blocks; those that only Anthropic's own servers understand are dropped.
class Blocks {
 public:
  explicit Blocks(Prompt& prompt) : prompt_(prompt) {}

  Result<std::vector<Part>> read(const json::Value& content) {
    std::vector<Part> parts;
    if (const auto text = content.as_string()) parts.push_back({.text = std::string(*text)});
    if (const auto list = content.as_array())
      for (const json::Value block : *list)
        if (auto added = add(block, parts); !added)
          return std::unexpected(std::move(added).error());
    return parts;
  }

 private:
  Result<void> add(const json::Value& block, std::vector<Part>& to) {
    const std::string type = string_at(block, "type");
    Part part;
    if (type == "text") {
      part.text = string_at(block, "text");
    } else if (type == "image" || type == "document") {
      PLIMSOLL_TRY(part, read_media(block, type == "image" ? Kind::image : Kind::document));
    } else if (type == "tool_use") {
      part = {.kind = Kind::tool_use,
              .text = json_at(block, "input"),
              .id = string_at(block, "id"),
              .name = string_at(block, "name")};
    } else if (type == "tool_result") {
      PLIMSOLL_TRY(part, read_result(block));
    } else if (type == "thinking" || type == "redacted_thinking") {
      part = {.kind = Kind::thinking,
              .text = string_at(block, "thinking"),
              .data = string_at(block, "data"),
              .signature = string_at(block, "signature")};
    } else {
      drop(prompt_, "messages." + type.substr(0, 60));
      return {};
    }
    part.cache_control = json_at(block, "cache_control");
    to.push_back(std::move(part));
    return {};
  }

  Result<Part> read_result(const json::Value& block) {
    Part part{.kind = Kind::tool_result, .id = string_at(block, "tool_use_id")};
    part.is_error = block.get_bool("is_error").value_or(false);
    if (const auto content = block.get("content")) {
      PLIMSOLL_TRY(part.parts, read(*content));
    }
    return part;
  }

  Prompt& prompt_;
};

Result<void> read_turns(const json::Value& root, Prompt& to) {
  Blocks blocks(to);
  if (const auto system = root.get("system"); system && !system->is_null()) {
    PLIMSOLL_TRY(auto parts, blocks.read(*system));
    to.turns.push_back({.role = Role::system, .parts = std::move(parts)});
  }
  const auto messages = root.get("messages")->as_array();
  for (const json::Value message : *messages) {
    const std::string role = string_at(message, "role");
    Turn turn;
    if (role == "system") turn.role = Role::system;
    if (role == "assistant") turn.role = Role::assistant;
    if (const auto content = message.get("content")) {
      PLIMSOLL_TRY(turn.parts, blocks.read(*content));
    }
    to.turns.push_back(std::move(turn));
  }
  return {};
}

void read_tools(const json::Value& tools, Prompt& to) {
  const auto list = tools.as_array();
  for (const json::Value tool : *list) {
    const std::string type = string_at(tool, "type");
    if (!type.empty() && type != "custom") {
      drop(to, "tools." + type.substr(0, 60));
      continue;
    }
    to.tools.push_back({.name = string_at(tool, "name"),
                        .description = string_at(tool, "description"),
                        .schema = json_at(tool, "input_schema"),
                        .strict = tool.get_bool("strict").value_or(false),
                        .cache_control = json_at(tool, "cache_control")});
  }
}

void read_tool_choice(const json::Value& choice, Prompt& to) {
  using Mode = ToolChoice::Mode;
  const std::string type = string_at(choice, "type");
  to.tool_choice.mode = type == "any"    ? Mode::required
                        : type == "none" ? Mode::none
                        : type == "tool" ? Mode::named
                                         : Mode::free;
  to.tool_choice.name = string_at(choice, "name");
  to.tool_choice.parallel = !choice.get_bool("disable_parallel_tool_use").value_or(false);
}

void read_output_config(const json::Value& config, Prompt& to) {
  to.effort = string_at(config, "effort");
  const auto format = config.get("format");
  if (!format || format->get_string("type") != "json_schema") return;
  to.format.kind = AnswerFormat::Kind::json_schema;
  to.format.name = "answer";
  to.format.schema = json_at(*format, "schema");
}

/// Turned off says the same as no effort; a budget in tokens has no other word.
void read_thinking(const json::Value& thinking, Prompt& to) {
  to.thinking = thinking.dump();
  if (thinking.get_string("type") == "disabled" && to.effort.empty()) to.effort = "none";
}

void read_stops(const json::Value& stops, Prompt& to) {
  if (const auto list = stops.as_array())
    for (const json::Value stop : *list)
      if (const auto text = stop.as_string()) to.stops.emplace_back(*text);
}

void read_option(std::string_view key, const json::Value& value, Prompt& to) {
  static constexpr std::array<std::string_view, 6> kReadElsewhere{
      "model", "max_tokens", "messages", "system", "stream", "tools"};
  if (value.is_null()) return;
  if (key == "tools" && value.as_array()) return read_tools(value, to);
  if (std::ranges::find(kReadElsewhere, key) != kReadElsewhere.end()) return;
  if (key == "temperature")
    to.temperature = value.as_double();
  else if (key == "top_p")
    to.top_p = value.as_double();
  else if (key == "top_k")
    to.top_k = value.as_int();
  else if (key == "stop_sequences")
    read_stops(value, to);
  else if (key == "tool_choice")
    read_tool_choice(value, to);
  else if (key == "output_config")
    read_output_config(value, to);
  else if (key == "thinking")
    read_thinking(value, to);
  else if (key == "metadata")
    to.user = string_at(value, "user_id");
  else
    drop(to, std::string(key));
}

}  // namespace

Result<Prompt> read_prompt(const Request& request) {
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(request.body));
  Prompt prompt{.stream = request.stream, .output_tokens_max = request.output_tokens_max};
  const auto object = root.as_object();
  for (const json::Member member : *object) read_option(member.key, member.value, prompt);
  if (auto read = read_turns(root, prompt); !read) return std::unexpected(std::move(read).error());
  return prompt;
}

}  // namespace plimsoll::dialects::anthropic
