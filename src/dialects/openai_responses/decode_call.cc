// Grammar (OpenAI's document, CreateResponse):
//   request = { "model": string, "input": string / [ item, ... ], "instructions",
//               "stream", "max_output_tokens", "tools", "text", any other }
// Only what we act on is read; null means absent; everything else stays as bytes.
#include <fmt/format.h>

#include "dialects/openai_responses/openai_responses.h"
#include "dialects/request_fields.h"

namespace plimsoll::dialects::openai_responses {
namespace {

/// Text anywhere inside an item: parts nest in messages, results and summaries.
std::size_t text_bytes(const json::Value& value) {
  if (const auto text = value.as_string()) return text->size();
  std::size_t bytes = 0;
  if (const auto list = value.as_array())
    for (const json::Value part : *list) bytes += text_bytes(part);
  if (value.kind() != json::Kind::object) return bytes;
  for (const std::string_view key :
       {"content", "text", "refusal", "summary", "name", "arguments", "input", "output"})
    if (const auto inner = value.get(key)) bytes += text_bytes(*inner);
  return bytes;
}

Result<void> read_input(const Field& field, Request& to) {
  to.text_bytes += text_bytes(field.value);
  if (field.value.as_string()) {
    to.messages = 1;
    return {};
  }
  const auto items = field.value.as_array();
  if (!items) return wrong_type("input", field.value, "a string or an array");
  for (const json::Value item : *items) {
    if (item.kind() != json::Kind::object)
      return wrong_type(fmt::format("input[{}]", to.messages), item, "an object");
    ++to.messages;
  }
  return {};
}

Result<void> read_stream(const Field& field, Request& to) {
  const auto stream = field.value.as_bool();
  if (!stream) return wrong_type("stream", field.value, "a boolean");
  to.stream = *stream;
  return {};
}

Result<void> read_limit(const Field& field, Request& to) {
  const auto limit = field.value.as_int();
  if (!limit) return wrong_type("max_output_tokens", field.value, "an integer");
  if (*limit < 1)
    return fail(ErrorKind::request_invalid,
                fmt::format("\"max_output_tokens\" is {}, but must be at least 1", *limit),
                "raise \"max_output_tokens\"");
  to.output_tokens_max = limit;
  to.max_tokens = field.place;
  return {};
}

Result<void> read_tools(const Field& field, Request& to) {
  const auto tools = field.value.as_array();
  if (!tools) return wrong_type("tools", field.value, "an array");
  to.tools = tools->size();
  to.text_bytes += field.place.end - field.place.begin;
  return {};
}

/// Finds the schema value inside text.format, for checks of the answer.
Result<void> read_text(const Field& field, Request& to) {
  const auto object = field.value.as_object();
  if (!object) return wrong_type("text", field.value, "an object");
  const std::string_view text = to.body;
  for (const Field& outer :
       fields_of(*object, text.substr(0, field.place.end), field.place.begin)) {
    const auto inside = outer.value.as_object();
    if (outer.key != "format" || !inside) continue;
    const std::string_view type = outer.value.get_string("type").value_or("");
    to.json_asked = type == "json_schema" || type == "json_object";
    if (type != "json_schema") continue;
    for (const Field& inner :
         fields_of(*inside, text.substr(0, outer.place.end), outer.place.begin))
      if (inner.key == "schema") to.json_schema = inner.place;
  }
  return {};
}

Result<void> read_field(const Field& field, Request& to) {
  const std::string_view key = field.key;
  if (key == "model") return read_model(field, to);
  if (field.value.is_null()) {
    if (key == "max_output_tokens") to.max_tokens = field.place;
    return {};
  }
  if (key == "input") return read_input(field, to);
  if (key == "stream") return read_stream(field, to);
  if (key == "max_output_tokens") return read_limit(field, to);
  if (key == "tools") return read_tools(field, to);
  if (key == "text") return read_text(field, to);
  if (key == "background" && field.value.as_bool().value_or(false)) to.leans_on = key;
  if (key == "previous_response_id" || key == "conversation" || key == "prompt") to.leans_on = key;
  if (key == "instructions") to.text_bytes += text_bytes(field.value);
  return {};
}

Result<void> read_fields(const std::vector<Field>& fields, Request& to) {
  if (auto unique = refuse_duplicates(fields); !unique) return unique;
  for (const Field& field : fields)
    if (auto read = read_field(field, to); !read) return read;
  if (to.model.empty()) return missing_model();
  if (to.stream && to.leans_on == "background") to.leans_on.clear();  // it is waited for
  return {};
}

}  // namespace

Result<std::shared_ptr<const Request>> decode_call(std::string body) {
  auto request = std::make_shared<Request>();
  request->dialect = Dialect::openai_responses;
  request->usage_asked = true;  // it is always shown here
  request->body = std::move(body);
  json::Document large;
  PLIMSOLL_TRY(const json::Object object, request_object(request->body, large));
  auto read = read_fields(fields_of(object, request->body), *request);
  if (!read) return std::unexpected(std::move(read).error());
  return request;
}

}  // namespace plimsoll::dialects::openai_responses
