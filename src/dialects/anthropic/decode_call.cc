// Grammar (Anthropic's document, "Create a message" and "Count tokens"):
//   request = { "model": string, "max_tokens": integer, "messages": [ message, ... ],
//               "system", "stream", "tools", "output_config", any other }
// Only what we act on is read; everything else stays as bytes.
#include <fmt/format.h>

#include "dialects/anthropic/anthropic.h"
#include "dialects/request_fields.h"

namespace plimsoll::dialects::anthropic {
namespace {

/// Text anywhere inside a content value: blocks nest in results of tools.
std::size_t text_bytes(const json::Value& content) {
  if (const auto text = content.as_string()) return text->size();
  std::size_t bytes = 0;
  if (const auto list = content.as_array())
    for (const json::Value part : *list) bytes += text_bytes(part);
  if (content.kind() != json::Kind::object) return bytes;
  for (const std::string_view key : {"text", "thinking", "content", "name"})
    if (const auto value = content.get(key)) bytes += text_bytes(*value);
  if (const auto input = content.get("input")) bytes += input->dump().size();
  return bytes;
}

Result<void> read_messages(const Field& field, Request& to) {
  const auto messages = field.value.as_array();
  if (!messages) return wrong_type("messages", field.value, "an array");
  for (const json::Value message : *messages) {
    if (message.kind() != json::Kind::object)
      return wrong_type(fmt::format("messages[{}]", to.messages), message, "an object");
    if (const auto content = message.get("content")) to.text_bytes += text_bytes(*content);
    ++to.messages;
  }
  return {};
}

Result<void> read_max_tokens(const Field& field, Request& to) {
  const auto limit = field.value.as_int();
  if (!limit) return wrong_type("max_tokens", field.value, "an integer");
  if (*limit < 0)
    return fail(ErrorKind::request_invalid,
                fmt::format("\"max_tokens\" is {}, but must be at least 0", *limit),
                "raise \"max_tokens\"");
  to.output_tokens_max = limit;
  to.max_tokens = field.place;
  return {};
}

Result<void> read_stream(const Field& field, Request& to) {
  const auto stream = field.value.as_bool();
  if (!stream) return wrong_type("stream", field.value, "a boolean");
  to.stream = *stream;
  return {};
}

Result<void> read_tools(const Field& field, Request& to) {
  const auto tools = field.value.as_array();
  if (!tools) return wrong_type("tools", field.value, "an array");
  to.tools = tools->size();
  to.text_bytes += field.place.end - field.place.begin;
  return {};
}

/// Finds the schema value inside output_config.format, for checks of the answer.
void find_schema(const Field& field, Request& to) {
  const auto object = field.value.as_object();
  if (!object) return;
  const std::string_view text = to.body;
  for (const Field& outer :
       fields_of(*object, text.substr(0, field.place.end), field.place.begin)) {
    const auto inside = outer.value.as_object();
    if (outer.key != "format" || !inside) continue;
    to.json_asked = outer.value.get_string("type") == "json_schema";
    for (const Field& inner :
         fields_of(*inside, text.substr(0, outer.place.end), outer.place.begin))
      if (to.json_asked && inner.key == "schema") to.json_schema = inner.place;
  }
}

Result<void> read_field(const Field& field, Request& to) {
  const std::string_view key = field.key;
  if (key == "model") return read_model(field, to);
  if (key == "messages") return read_messages(field, to);
  if (field.value.is_null()) return {};
  if (key == "max_tokens") return read_max_tokens(field, to);
  if (key == "stream") return read_stream(field, to);
  if (key == "tools") return read_tools(field, to);
  if (key == "system") to.text_bytes += text_bytes(field.value);
  if (key == "output_config") find_schema(field, to);
  return {};
}

Result<void> read_fields(const std::vector<Field>& fields, Request& to) {
  if (auto unique = refuse_duplicates(fields); !unique) return unique;
  for (const Field& field : fields)
    if (auto read = read_field(field, to); !read) return read;
  if (to.model.empty()) return missing_model();
  if (to.messages == 0)
    return fail(ErrorKind::request_invalid, "\"messages\" is missing or has 0 entries",
                "put the user's text into \"messages\"");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Request>> decode_call(std::string body) {
  auto request = std::make_shared<Request>();
  request->dialect = Dialect::anthropic;
  request->usage_asked = true;  // it is always shown here
  request->body = std::move(body);
  json::Document large;
  PLIMSOLL_TRY(const json::Object object, request_object(request->body, large));
  auto read = read_fields(fields_of(object, request->body), *request);
  if (!read) return std::unexpected(std::move(read).error());
  return request;
}

}  // namespace plimsoll::dialects::anthropic
