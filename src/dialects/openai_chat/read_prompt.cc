// A chat request in words that every dialect shares. What it has and they lack is
// named in Prompt::dropped; what would change the meaning is refused.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/data_uri.h"
#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

using Kind = Part::Kind;

std::unexpected<Error> cannot_carry(std::string_view what, std::string_view remedy) {
  return fail(ErrorKind::request_invalid,
              fmt::format("{} cannot be carried over to the provider of this model", what),
              std::string(remedy));
}

std::string string_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(std::string_view()));
}

std::string json_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value && !value->is_null() ? value->dump() : std::string();
}

std::optional<json::Array> array_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value ? value->as_array() : std::nullopt;
}

/// "data:<media type>;base64,<data>" or an address.
void place_source(Part& part, std::string_view url) {
  if (const auto data = data_uri(url)) {
    part.media_type = data->media_type;
    part.data = data->base64;
  } else {
    part.url = url;
  }
}

Result<Part> read_file_part(const json::Value& part) {
  const auto file = part.get("file");
  const std::string data = file ? string_at(*file, "file_data") : std::string();
  if (data.empty())
    return cannot_carry("a file that is named by its id", "send the file itself as file_data");
  Part out{.kind = Kind::document, .name = string_at(*file, "filename")};
  place_source(out, data);
  return out;
}

Result<Part> read_part(const json::Value& part) {
  const std::string type = string_at(part, "type");
  Part out;
  out.cache_control = json_at(part, "cache_control");
  if (type == "text" || type == "refusal") {
    if (type == "refusal") out.kind = Kind::refusal;
    out.text = string_at(part, type);
    return out;
  }
  if (type == "image_url") {
    const auto image = part.get("image_url");
    out.kind = Kind::image;
    if (image) place_source(out, image->as_string().value_or(string_at(*image, "url")));
    return out;
  }
  if (type == "file") return read_file_part(part);
  return cannot_carry(fmt::format("a message part of type \"{}\"", type),
                      "leave it out, or choose a model of another provider");
}

Result<void> read_content(const json::Value& message, std::vector<Part>& to) {
  const auto content = message.get("content");
  if (!content) return {};
  if (const auto text = content->as_string()) to.push_back({.text = std::string(*text)});
  const auto parts = content->as_array();
  if (!parts) return {};
  for (const json::Value value : *parts) {
    PLIMSOLL_TRY(Part part, read_part(value));
    to.push_back(std::move(part));
  }
  return {};
}

/// The signed thoughts that a client sends back, under the name that gateways use.
void read_thoughts(const json::Value& message, std::vector<Part>& to) {
  const auto blocks = array_at(message, "thinking_blocks");
  if (!blocks) return;
  for (const json::Value block : *blocks)
    to.push_back({.kind = Kind::thinking,
                  .text = string_at(block, "thinking"),
                  .data = string_at(block, "data"),
                  .signature = string_at(block, "signature")});
}

/// Reads the messages one after the other; calls of the old kind have no ids, so
/// they are given some.
class Messages {
 public:
  Result<void> add(const json::Value& message) {
    const std::string role = string_at(message, "role");
    if (role == "system" || role == "developer") return add_turn(Role::system, message);
    if (role == "user") return add_turn(Role::user, message);
    if (role == "assistant") return add_assistant(message);
    if (role == "tool") return add_result(string_at(message, "tool_call_id"), message);
    if (role == "function") return add_result(function_id(), message);
    return fail(ErrorKind::request_invalid,
                fmt::format("a message has the role \"{}\"", role.substr(0, 40)),
                "use system, developer, user, assistant or tool");
  }

  std::vector<Turn> take() && { return std::move(turns_); }

 private:
  std::string function_id() const { return fmt::format("function_{}", functions_); }

  Result<void> add_turn(Role role, const json::Value& message) {
    Turn turn{.role = role, .parts = {}};
    if (auto read = read_content(message, turn.parts); !read) return read;
    if (const std::string refusal = string_at(message, "refusal"); !refusal.empty())
      turn.parts.push_back({.kind = Kind::refusal, .text = refusal});
    turns_.push_back(std::move(turn));
    return {};
  }

  Result<void> add_assistant(const json::Value& message) {
    if (auto added = add_turn(Role::assistant, message); !added) return added;
    std::vector<Part>& parts = turns_.back().parts;
    std::vector<Part> thoughts;
    read_thoughts(message, thoughts);
    parts.insert(parts.begin(), thoughts.begin(), thoughts.end());
    if (const auto calls = array_at(message, "tool_calls"))
      for (const json::Value call : *calls) {
        const auto function = call.get("function");
        if (!function)
          return cannot_carry("a call of a tool that is no function", "use function tools");
        add_call(string_at(call, "id"), *function);
      }
    if (const auto call = message.get("function_call"); call && !call->is_null()) {
      ++functions_;
      add_call(function_id(), *call);
    }
    return {};
  }

  void add_call(std::string id, const json::Value& function) {
    turns_.back().parts.push_back({.kind = Kind::tool_use,
                                   .text = string_at(function, "arguments"),
                                   .id = std::move(id),
                                   .name = string_at(function, "name")});
  }

  Result<void> add_result(std::string id, const json::Value& message) {
    Part result{.kind = Kind::tool_result, .id = std::move(id)};
    result.cache_control = json_at(message, "cache_control");
    if (auto read = read_content(message, result.parts); !read) return read;
    Turn turn{.role = Role::user, .parts = {}};
    turn.parts.push_back(std::move(result));
    turns_.push_back(std::move(turn));
    return {};
  }

  std::vector<Turn> turns_;
  int functions_ = 0;
};

void drop(Prompt& prompt, std::string name) {
  if (std::ranges::find(prompt.dropped, name) == prompt.dropped.end())
    prompt.dropped.push_back(std::move(name));
}

void read_function(const json::Value& function, const json::Value& holder, Prompt& to) {
  to.tools.push_back({.name = string_at(function, "name"),
                      .description = string_at(function, "description"),
                      .schema = json_at(function, "parameters"),
                      .strict = function.get_bool("strict").value_or(false),
                      .cache_control = json_at(holder, "cache_control")});
}

void read_tools(const json::Value& tools, Prompt& to) {
  const auto list = tools.as_array();
  if (!list) return;
  for (const json::Value tool : *list) {
    if (const auto function = tool.get("function"))
      read_function(*function, tool, to);
    else if (tool.get_string("name"))  // of the old `functions`
      read_function(tool, tool, to);
    else
      drop(to, fmt::format("tools.{}", string_at(tool, "type")));
  }
}

ToolChoice::Mode mode_of(std::string_view word) {
  if (word == "none") return ToolChoice::Mode::none;
  if (word == "required" || word == "any") return ToolChoice::Mode::required;
  return ToolChoice::Mode::free;
}

/// Keeps the tools that the list names.
void allow_only(const json::Value& allowed, Prompt& to) {
  const auto list = array_at(allowed, "tools");
  if (!list) return;
  std::vector<std::string> names;
  for (const json::Value tool : *list)
    if (const auto function = tool.get("function")) names.push_back(string_at(*function, "name"));
  std::erase_if(to.tools, [&names](const ToolSpec& tool) {
    return std::ranges::find(names, tool.name) == names.end();
  });
}

void read_tool_choice(const json::Value& choice, Prompt& to) {
  if (const auto word = choice.as_string()) {
    to.tool_choice.mode = mode_of(*word);
  } else if (const auto allowed = choice.get("allowed_tools")) {
    to.tool_choice.mode = mode_of(string_at(*allowed, "mode"));
    allow_only(*allowed, to);
  } else {
    const auto function = choice.get("function");
    to.tool_choice.mode = ToolChoice::Mode::named;
    to.tool_choice.name = string_at(function ? *function : choice, "name");
  }
}

void read_format(const json::Value& format, Prompt& to) {
  const std::string type = string_at(format, "type");
  if (type == "json_object") to.format.kind = AnswerFormat::Kind::json_object;
  const auto schema = format.get("json_schema");
  if (type != "json_schema" || !schema) return;
  to.format.kind = AnswerFormat::Kind::json_schema;
  to.format.name = string_at(*schema, "name");
  to.format.schema = json_at(*schema, "schema");
  to.format.strict = schema->get_bool("strict");
}

void read_stops(const json::Value& stop, Prompt& to) {
  if (const auto one = stop.as_string()) to.stops.emplace_back(*one);
  if (const auto list = stop.as_array())
    for (const json::Value each : *list)
      if (const auto text = each.as_string()) to.stops.emplace_back(*text);
}

/// A field that only says what would be so without it.
bool says_nothing(std::string_view key, const json::Value& value) {
  if (value.is_null() || value.as_bool() == false) return true;
  if (key == "modalities") return value.dump() == R"(["text"])";
  return (key == "frequency_penalty" || key == "presence_penalty") && value.as_double() == 0.0;
}

bool read_number(std::string_view key, const json::Value& value, Prompt& to) {
  if (key == "temperature") to.temperature = value.as_double();
  if (key == "top_p") to.top_p = value.as_double();
  if (key == "top_k") to.top_k = value.as_int();
  return key == "temperature" || key == "top_p" || key == "top_k";
}

bool read_words(std::string_view key, const json::Value& value, Prompt& to) {
  if (key == "reasoning_effort") to.effort = value.as_string().value_or("");
  if (key == "thinking") to.thinking = value.dump();
  if (key == "safety_identifier" || (key == "user" && to.user.empty()))
    to.user = value.as_string().value_or("");
  return key == "reasoning_effort" || key == "thinking" || key == "safety_identifier" ||
         key == "user";
}

/// Read with the request itself, or after the others.
bool is_read_elsewhere(std::string_view key) {
  static constexpr std::array<std::string_view, 11> kKeys{"model",
                                                          "messages",
                                                          "stream",
                                                          "stream_options",
                                                          "n",
                                                          "max_tokens",
                                                          "tool_choice",
                                                          "function_call",
                                                          "response_format",
                                                          "max_completion_tokens",
                                                          "parallel_tool_calls"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

Result<void> read_option(std::string_view key, const json::Value& value, Prompt& to) {
  if (key == "parallel_tool_calls") to.tool_choice.parallel = value.as_bool().value_or(true);
  if (is_read_elsewhere(key) || says_nothing(key, value)) return {};
  if (key == "modalities" || key == "audio")
    return cannot_carry(fmt::format("\"{}\"", key), "leave it out, or choose another model");
  if (read_number(key, value, to) || read_words(key, value, to)) return {};
  if (key == "stop")
    read_stops(value, to);
  else if (key == "tools" || key == "functions")
    read_tools(value, to);
  else
    drop(to, std::string(key));
  return {};
}

}  // namespace

Result<Prompt> read_prompt(const Request& request) {
  if (request.choices > 1)
    return cannot_carry(fmt::format("\"n\": {}", request.choices), "ask for one choice at a time");
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(request.body));
  Prompt prompt{.stream = request.stream, .output_tokens_max = request.output_tokens_max};
  const auto object = root.as_object();
  for (const json::Member member : *object)
    if (auto read = read_option(member.key, member.value, prompt); !read)
      return std::unexpected(std::move(read).error());
  // After the tools, which it may filter.
  for (const std::string_view key : {"tool_choice", "function_call"})
    if (const auto choice = root.get(key); choice && !choice->is_null())
      read_tool_choice(*choice, prompt);
  if (const auto format = root.get("response_format")) read_format(*format, prompt);
  Messages messages;
  const auto list = array_at(root, "messages");
  for (const json::Value message : *list)
    if (auto added = messages.add(message); !added)
      return std::unexpected(std::move(added).error());
  prompt.turns = std::move(messages).take();
  return prompt;
}

}  // namespace plimsoll::dialects::openai_chat
