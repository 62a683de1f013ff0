// Grammar (OpenAI's OpenAPI document, CreateChatCompletionRequest):
//   request  = { "model": string, "messages": [ message, ... ], option* }
//   option   = "stream" / "stream_options" / "n" / "max_completion_tokens" /
//              "max_tokens" / "response_format" / "tools" / "functions" / any other
// Only what we act on is read; null means absent; everything else stays as bytes.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/request_fields.h"

namespace plimsoll::dialects::openai_chat {
namespace {

constexpr std::int64_t kChoicesMax = 128;

std::size_t size_of(json::Span span) { return span.end - span.begin; }

std::size_t string_bytes(const json::Value& object, std::string_view key) {
  return object.get_string(key).value_or(std::string_view()).size();
}

/// Text of a content value: a string, or parts that carry text.
std::size_t content_bytes(const json::Value& content) {
  if (const auto text = content.as_string()) return text->size();
  const auto parts = content.as_array();
  if (!parts) return 0;
  std::size_t bytes = 0;
  for (const json::Value part : *parts)
    bytes += string_bytes(part, "text") + string_bytes(part, "refusal");
  return bytes;
}

/// What a tool call in the history adds to the prompt.
std::size_t tool_call_bytes(const json::Value& call) {
  std::size_t bytes = 0;
  for (const std::string_view kind : {"function", "custom"})
    if (const auto body = call.get(kind))
      bytes += string_bytes(*body, "name") + string_bytes(*body, "arguments") +
               string_bytes(*body, "input");
  return bytes;
}

std::size_t tool_calls_bytes(const json::Value& value) {
  std::size_t bytes = 0;
  if (const auto calls = value.as_array())
    for (const json::Value call : *calls) bytes += tool_call_bytes(call);
  return bytes;
}

/// Of a member that stands several times, each counts.
std::size_t message_bytes(const json::Object& message) {
  std::size_t bytes = 0;
  for (const json::Member member : message) {
    const json::Value& value = member.value;
    if (member.key == "content") bytes += content_bytes(value);
    if (member.key == "refusal" || member.key == "name")
      bytes += value.as_string().value_or(std::string_view()).size();
    if (member.key == "tool_calls") bytes += tool_calls_bytes(value);
    if (member.key == "function_call")
      bytes += string_bytes(value, "name") + string_bytes(value, "arguments");
  }
  return bytes;
}

Result<void> read_messages(const Field& field, Request& to) {
  const auto messages = field.value.as_array();
  if (!messages) return wrong_type("messages", field.value, "an array");
  for (const json::Value message : *messages) {
    const auto object = message.as_object();
    if (!object) return wrong_type(fmt::format("messages[{}]", to.messages), message, "an object");
    to.text_bytes += message_bytes(*object);
    ++to.messages;
  }
  if (to.messages > 0) return {};
  return fail(ErrorKind::request_invalid, "\"messages\" has 0 entries, but needs at least 1",
              "put the user's text into \"messages\"");
}

Result<void> read_stream(const Field& field, Request& to) {
  const auto stream = field.value.as_bool();
  if (!stream) return wrong_type("stream", field.value, "a boolean");
  to.stream = *stream;
  return {};
}

Result<void> read_stream_options(const Field& field, Request& to) {
  const auto options = field.value.as_object();
  if (!options) return wrong_type("stream_options", field.value, "an object");
  for (const json::Member member : *options) {
    if (member.key != "include_usage" || member.value.is_null()) continue;
    const auto asked = member.value.as_bool();
    if (!asked) return wrong_type("stream_options.include_usage", member.value, "a boolean");
    to.usage_asked = *asked;  // of several the last counts, as upstreams read it
  }
  return {};
}

Result<void> read_choices(const Field& field, Request& to) {
  const auto n = field.value.as_int();
  if (!n) return wrong_type("n", field.value, "an integer");
  if (*n < 1 || *n > kChoicesMax)
    return fail(ErrorKind::request_invalid,
                fmt::format("\"n\" is {}, but must be 1 to {}", *n, kChoicesMax),
                fmt::format("send \"n\" as 1 to {}, or leave it out", kChoicesMax));
  to.choices = static_cast<int>(*n);
  return {};
}

Result<std::int64_t> token_limit(const Field& field) {
  const auto limit = field.value.as_int();
  if (!limit) return wrong_type(field.key, field.value, "an integer");
  if (*limit >= 1) return *limit;
  return fail(ErrorKind::request_invalid,
              fmt::format("\"{}\" is {}, but must be at least 1", field.key, *limit),
              fmt::format("raise \"{}\", or leave it out", field.key));
}

/// Finds the schema value inside response_format, for checks of the answer.
void find_schema(const Field& field, Request& to) {
  const std::string_view text = to.body;
  const auto object = field.value.as_object();
  for (const Field& outer :
       fields_of(*object, text.substr(0, field.place.end), field.place.begin)) {
    const auto inside = outer.value.as_object();
    if (outer.key != "json_schema" || !inside) continue;
    for (const Field& inner :
         fields_of(*inside, text.substr(0, outer.place.end), outer.place.begin))
      if (inner.key == "schema") to.json_schema = inner.place;
  }
  if (to.json_schema) to.text_bytes += size_of(*to.json_schema);
}

Result<void> read_response_format(const Field& field, Request& to) {
  if (!field.value.as_object()) return wrong_type("response_format", field.value, "an object");
  const auto type = field.value.get("type");
  if (!type)
    return fail(ErrorKind::request_invalid, "\"response_format\" has no \"type\"",
                "set it to text, json_object or json_schema");
  const auto name = type->as_string();
  if (!name) return wrong_type("response_format.type", *type, "a string");
  to.json_asked = *name == "json_object" || *name == "json_schema";
  if (*name == "json_schema") find_schema(field, to);
  return {};
}

Result<void> read_tools(const Field& field, Request& to) {
  const auto tools = field.value.as_array();
  if (!tools) return wrong_type(field.key, field.value, "an array");
  to.tools += tools->size();
  to.text_bytes += size_of(field.place);
  return {};
}

Result<void> read_field(const Field& field, Request& to) {
  const std::string_view key = field.key;
  if (key == "model") return read_model(field, to);
  if (key == "messages") return read_messages(field, to);
  if (key == "stream_options") to.stream_options = field.place;
  if (key == "max_completion_tokens") to.max_completion_tokens = field.place;
  if (key == "max_tokens") to.max_tokens = field.place;
  if (field.value.is_null()) return {};
  if (key == "stream") return read_stream(field, to);
  if (key == "stream_options") return read_stream_options(field, to);
  if (key == "n") return read_choices(field, to);
  if (key == "response_format") return read_response_format(field, to);
  if (key == "tools" || key == "functions") return read_tools(field, to);
  if (key == "max_completion_tokens" || key == "max_tokens") {
    PLIMSOLL_TRY(const std::int64_t limit, token_limit(field));
    // Of two, the upstream obeys the one it knows: the larger is what may be paid.
    to.output_tokens_max = std::max(to.output_tokens_max.value_or(0), limit);
  }
  return {};
}

Result<void> read_fields(const std::vector<Field>& fields, Request& to) {
  if (auto unique = refuse_duplicates(fields); !unique) return unique;
  for (const Field& field : fields)
    if (auto read = read_field(field, to); !read) return read;
  if (to.model.empty()) return missing_model();
  if (to.messages == 0)
    return fail(ErrorKind::request_invalid, "\"messages\" is missing",
                "put the user's text into \"messages\"");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Request>> decode_call(std::string body) {
  auto request = std::make_shared<Request>();
  request->body = std::move(body);
  json::Document large;
  PLIMSOLL_TRY(const json::Object object, request_object(request->body, large));
  auto read = read_fields(fields_of(object, request->body), *request);
  if (!read) return std::unexpected(std::move(read).error());
  return request;
}

}  // namespace plimsoll::dialects::openai_chat
