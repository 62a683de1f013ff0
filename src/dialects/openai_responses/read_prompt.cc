// A responses request in words that every dialect shares. Items of one side that
// follow one another are one turn: a text and its calls are one message elsewhere.
// What it has and they lack is named in Prompt::dropped; what would change the
// meaning is refused.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/data_uri.h"
#include "dialects/json_reading.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/openai_responses/reasoning.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::openai_responses {
namespace {

using Kind = Part::Kind;

std::unexpected<Error> cannot_carry(std::string_view what, std::string_view remedy) {
  return fail(ErrorKind::request_invalid,
              fmt::format("{} cannot be carried over to the provider of this model", what),
              std::string(remedy));
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Result<Part> media_part(Kind kind, const json::Value& part, std::string_view source) {
  if (source.empty()) return cannot_carry("a file that is named by its id", "send the file itself");
  Part out{.kind = kind, .name = string_at(part, "filename")};
  if (const auto data = data_uri(source)) {
    out.media_type = data->media_type;
    out.data = data->base64;
  } else {
    out.url = source;
  }
  return out;
}

Result<Part> read_part(const json::Value& part) {
  const std::string type = string_at(part, "type");
  if (type == "input_text" || type == "output_text" || type == "text" || type == "summary_text")
    return Part{.text = string_at(part, "text")};
  if (type == "refusal") return Part{.kind = Kind::refusal, .text = string_at(part, "refusal")};
  if (type == "input_image") return media_part(Kind::image, part, string_at(part, "image_url"));
  if (type == "input_file") {
    const std::string data = string_at(part, "file_data");
    return media_part(Kind::document, part, data.empty() ? string_at(part, "file_url") : data);
  }
  return cannot_carry(fmt::format("a content part of type \"{}\"", type.substr(0, 40)),
                      "leave it out, or choose a model of another provider");
}

Result<void> read_content(const json::Value& item, std::string_view key, std::vector<Part>& to) {
  const auto content = item.get(key);
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

void read_function(const json::Value& tool, Prompt& to) {
  to.tools.push_back({.name = string_at(tool, "name"),
                      .description = string_at(tool, "description"),
                      .schema = json_at(tool, "parameters"),
                      .strict = tool.get_bool("strict").value_or(false),
                      .cache_control = {}});
}

/// Tools that run at the provider, and forms that others lack, are left out.
void read_tools(const json::Value& holder, Prompt& to) {
  const auto list = array_at(holder, "tools");
  if (!list) return;
  for (const json::Value tool : *list) {
    const std::string type = string_at(tool, "type");
    if (type == "function")
      read_function(tool, to);
    else
      drop(to.dropped, "tools." + type.substr(0, 40));
  }
}

/// Reads the items one after the other.
class Items {
 public:
  explicit Items(Prompt& prompt) : prompt_(prompt) {}

  Result<void> add(const json::Value& item) {
    const std::string type = string_at(item, "type");
    if (type == "message" || (type.empty() && item.get("role"))) return add_message(item);
    if (type == "function_call") return add_call(item);
    if (type == "function_call_output") return add_result(item);
    if (type == "reasoning") return add_reasoning(item);
    if (type == "additional_tools") {
      read_tools(item, prompt_);
      return {};
    }
    return add_other(type);
  }

 private:
  std::vector<Part>& parts_of(Role role) {
    const bool goes_on = role == Role::assistant && !prompt_.turns.empty() &&
                         prompt_.turns.back().role == Role::assistant;
    if (!goes_on) prompt_.turns.push_back({.role = role, .parts = {}});
    return prompt_.turns.back().parts;
  }

  Result<void> add_message(const json::Value& item) {
    const std::string role = string_at(item, "role");
    if (role == "user") return read_content(item, "content", parts_of(Role::user));
    if (role == "assistant") return read_content(item, "content", parts_of(Role::assistant));
    if (role == "system" || role == "developer")
      return read_content(item, "content", parts_of(Role::system));
    return fail(ErrorKind::request_invalid,
                fmt::format("a message has the role \"{}\"", role.substr(0, 40)),
                "use system, developer, user or assistant");
  }

  Result<void> add_call(const json::Value& item) {
    parts_of(Role::assistant)
        .push_back({.kind = Kind::tool_use,
                    .text = string_at(item, "arguments"),
                    .id = string_at(item, "call_id"),
                    .name = string_at(item, "name")});
    return {};
  }

  Result<void> add_result(const json::Value& item) {
    Part result{.kind = Kind::tool_result, .id = string_at(item, "call_id")};
    if (auto read = read_content(item, "output", result.parts); !read) return read;
    parts_of(Role::user).push_back(std::move(result));
    return {};
  }

  Result<void> add_reasoning(const json::Value& item) {
    const Thought proof = unsealed(string_at(item, "encrypted_content"));
    if (proof.signature.empty() && proof.redacted.empty()) {
      drop(prompt_.dropped, "input.reasoning");
      return {};
    }
    Part part{.kind = Kind::thinking, .data = proof.redacted, .signature = proof.signature};
    std::vector<Part> summary;
    if (auto read = read_content(item, "summary", summary); !read) return read;
    for (const Part& piece : summary) part.text += piece.text;
    parts_of(Role::assistant).push_back(std::move(part));
    return {};
  }

  /// What a provider's own tools did is said again in the answer that followed;
  /// anything else would be missed.
  Result<void> add_other(const std::string& type) {
    static constexpr std::array<std::string_view, 8> kRecords{
        "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call",
        "mcp_list_tools",  "tool_search_call", "tool_search_output",    "mcp_call"};
    if (!is_one_of(kRecords, type))
      return cannot_carry(fmt::format("an input item of type \"{}\"", type.substr(0, 40)),
                          "leave it out, or choose a model of another provider");
    drop(prompt_.dropped, "input." + type);
    return {};
  }

  Prompt& prompt_;
};

ToolChoice::Mode mode_of(std::string_view word) {
  if (word == "none") return ToolChoice::Mode::none;
  return word == "required" ? ToolChoice::Mode::required : ToolChoice::Mode::free;
}

/// Keeps the tools that the list names.
void allow_only(const json::Value& choice, Prompt& to) {
  const auto list = array_at(choice, "tools");
  if (!list) return;
  std::vector<std::string> names;
  for (const json::Value tool : *list) names.push_back(string_at(tool, "name"));
  std::erase_if(to.tools, [&names](const ToolSpec& tool) {
    return std::ranges::find(names, tool.name) == names.end();
  });
}

void read_tool_choice(const json::Value& choice, Prompt& to) {
  const std::string type = string_at(choice, "type");
  if (const auto word = choice.as_string()) {
    to.tool_choice.mode = mode_of(*word);
  } else if (type == "allowed_tools") {
    to.tool_choice.mode = mode_of(string_at(choice, "mode"));
    allow_only(choice, to);
  } else if (type == "function") {
    to.tool_choice.mode = ToolChoice::Mode::named;
    to.tool_choice.name = string_at(choice, "name");
  } else if (!choice.is_null()) {
    drop(to.dropped, "tool_choice");
  }
}

void read_text(const json::Value& text, Prompt& to) {
  if (text.get_string("verbosity")) drop(to.dropped, "text.verbosity");
  const auto format = text.get("format");
  if (!format) return;
  const std::string type = string_at(*format, "type");
  if (type == "json_object") to.format.kind = AnswerFormat::Kind::json_object;
  if (type != "json_schema") return;
  to.format = {.kind = AnswerFormat::Kind::json_schema,
               .name = string_at(*format, "name"),
               .schema = json_at(*format, "schema"),
               .strict = format->get_bool("strict")};
}

/// A field that only says what would be so without it.
bool says_nothing(std::string_view key, const json::Value& value) {
  if (value.is_null() || value.as_bool() == false) return true;
  if (key == "include")
    return value.dump() == R"(["reasoning.encrypted_content"])" || value.dump() == "[]";
  if (key == "truncation") return value.as_string() == "disabled";
  if (key == "service_tier") return value.as_string() == "auto";
  return key == "top_logprobs" && value.as_int() == 0;
}

/// What only the server that keeps it can resolve.
Result<void> refuse_stored(std::string_view key, const json::Value& value) {
  if (key == "background" && value.as_bool().value_or(false))
    return cannot_carry("\"background\": true", "wait for the answer, or stream it");
  if (key == "previous_response_id" || key == "conversation")
    return cannot_carry(fmt::format("\"{}\": what was said before is not kept here and", key),
                        "send the whole conversation in \"input\", with \"store\": false");
  if (key == "prompt")
    return cannot_carry("\"prompt\", a template that the provider keeps,",
                        "send the instructions and the input themselves");
  return {};
}

/// Read with the request itself, or before the others.
bool is_read_elsewhere(std::string_view key) {
  static constexpr std::array<std::string_view, 8> kKeys{
      "model",       "input",     "instructions", "stream", "stream_options", "max_output_tokens",
      "tool_choice", "background"};
  return is_one_of(kKeys, key);
}

bool read_value(std::string_view key, const json::Value& value, Prompt& to) {
  if (key == "temperature") to.temperature = value.as_double();
  if (key == "top_p") to.top_p = value.as_double();
  if (key == "text") read_text(value, to);
  if (key == "reasoning") to.effort = string_at(value, "effort");
  if (key == "safety_identifier" || (key == "user" && to.user.empty()))
    to.user = value.as_string().value_or("");
  static constexpr std::array<std::string_view, 7> kKeys{
      "temperature", "top_p", "text", "reasoning", "safety_identifier", "user", "tools"};
  return is_one_of(kKeys, key);
}

Result<void> read_option(std::string_view key, const json::Value& value, Prompt& to) {
  if (key == "parallel_tool_calls") {
    to.tool_choice.parallel = value.as_bool().value_or(true);
    return {};
  }
  if (says_nothing(key, value)) return {};
  if (auto kept = refuse_stored(key, value); !kept) return kept;
  if (!is_read_elsewhere(key) && !read_value(key, value, to)) drop(to.dropped, key);
  return {};
}

}  // namespace

Result<Prompt> read_prompt(const Request& request) {
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(request.body));
  Prompt prompt{.stream = request.stream, .output_tokens_max = request.output_tokens_max};
  const auto object = root.as_object();
  for (const json::Member member : *object)
    if (auto read = read_option(member.key, member.value, prompt); !read)
      return std::unexpected(std::move(read).error());
  read_tools(root, prompt);
  if (const std::string text = string_at(root, "instructions"); !text.empty())
    prompt.turns.push_back({.role = Role::system, .parts = {{.text = text}}});
  if (const auto text = root.get_string("input"))
    prompt.turns.push_back({.role = Role::user, .parts = {{.text = std::string(*text)}}});
  Items items(prompt);
  if (const auto list = array_at(root, "input"))
    for (const json::Value item : *list)
      if (auto added = items.add(item); !added) return std::unexpected(std::move(added).error());
  // After the tools, which it may filter.
  if (const auto choice = root.get("tool_choice")) read_tool_choice(*choice, prompt);
  return prompt;
}

}  // namespace plimsoll::dialects::openai_responses
