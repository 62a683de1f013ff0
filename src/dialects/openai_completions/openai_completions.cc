// Grammar (OpenAI's document, CreateCompletionRequest and CreateCompletionResponse):
//   request = { "model": string, "prompt": string / list, option* }
//   answer  = { "choices": [ { "text", "index", "finish_reason" }, ... ], "usage" }
// A stream is made of such answers, and ends like that of a chat.
#include "dialects/openai_completions/openai_completions.h"

#include <fmt/format.h>
#include <algorithm>

#include "dialects/members.h"
#include "dialects/request_fields.h"

namespace plimsoll::dialects::openai_completions {
namespace {

constexpr std::int64_t kChoicesMax = 128;

std::unexpected<Error> wrong(std::string_view key, const json::Value& value,
                             std::string_view expected) {
  return fail(ErrorKind::request_invalid,
              fmt::format("\"{}\" is {}, but must be {}", key, name_of(value.kind()), expected),
              fmt::format("send \"{}\" as {}", key, expected));
}

Result<void> read_prompt_field(const Field& field, Request& to) {
  const auto text = field.value.as_string();
  const auto list = field.value.as_array();
  if (!text && !list) return wrong("prompt", field.value, "a string or an array");
  to.text_bytes = text ? text->size() : field.place.end - field.place.begin;
  to.messages = text ? 1 : list->size();
  return {};
}

/// Each prompt of a list is answered, and paid, by itself; a flat list of numbers is
/// one prompt, as tokens.
Result<void> multiply_by_prompts(const std::vector<Field>& fields, Request& to) {
  constexpr std::size_t kPromptsMax = 2'048;
  const auto prompt = std::ranges::find(fields, "prompt", &Field::key);
  const auto list = prompt == fields.end() ? std::nullopt : prompt->value.as_array();
  if (!list || list->size() == 0) return {};
  for (const json::Value first : *list) {
    if (first.as_int()) return {};
    break;
  }
  if (list->size() > kPromptsMax)
    return fail(ErrorKind::request_invalid,
                fmt::format("\"prompt\" holds {} prompts; at most {} go together", list->size(),
                            kPromptsMax),
                "send them in several requests");
  to.choices *= static_cast<int>(list->size());
  return {};
}

Result<void> read_choices(const Field& field, Request& to) {
  const auto choices = field.value.as_int();
  if (!choices || *choices < 1 || *choices > kChoicesMax)
    return wrong(field.key, field.value, "an integer of 1 to 128");
  to.choices = std::max(to.choices, static_cast<int>(*choices));
  return {};
}

Result<void> read_stream_options(const Field& field, Request& to) {
  if (!field.value.as_object()) return wrong("stream_options", field.value, "an object");
  to.usage_asked = field.value.get_bool("include_usage").value_or(false);
  return {};
}

Result<void> read_field(const Field& field, Request& to) {
  const std::string_view key = field.key;
  if (key == "model") return read_model(field, to);
  if (key == "max_tokens") to.max_tokens = field.place;
  if (key == "stream_options") to.stream_options = field.place;
  if (field.value.is_null()) return {};
  if (key == "prompt") return read_prompt_field(field, to);
  if (key == "n" || key == "best_of") return read_choices(field, to);
  if (key == "stream_options") return read_stream_options(field, to);
  if (key == "max_tokens") {
    to.output_tokens_max = field.value.as_int();
    if (!to.output_tokens_max || *to.output_tokens_max < 0)
      return wrong(key, field.value, "an integer of 0 or more");
  }
  if (key == "stream") {
    if (!field.value.as_bool()) return wrong(key, field.value, "a boolean");
    to.stream = *field.value.as_bool();
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Request>> decode_call(std::string body) {
  auto request = std::make_shared<Request>();
  request->dialect = Dialect::openai_completions;
  request->body = std::move(body);
  json::Document large;
  PLIMSOLL_TRY(const json::Object object, request_object(request->body, large));
  const std::vector<Field> fields = fields_of(object, request->body);
  if (auto unique = refuse_duplicates(fields); !unique)
    return std::unexpected(std::move(unique).error());
  for (const Field& field : fields)
    if (auto read = read_field(field, *request); !read)
      return std::unexpected(std::move(read).error());
  if (request->model.empty()) return missing_model();
  if (auto counted = multiply_by_prompts(fields, *request); !counted)
    return std::unexpected(std::move(counted).error());
  return request;
}

std::string encode_call(const Request& request, const CallEdits& edits) {
  CallEdits own = edits;
  own.output_limit_field = OutputLimitField::max_tokens;  // the only one here
  return openai_chat::encode_call(request, own);
}

Result<Event> decode_whole(std::string body) {
  PLIMSOLL_TRY(Event event, openai_chat::decode_whole(std::move(body)));
  event.dialect = Dialect::openai_completions;
  return event;
}

Result<std::optional<Event>> StreamDecoder::next() {
  PLIMSOLL_TRY(std::optional<Event> event, chunks_.next());
  if (event) event->dialect = Dialect::openai_completions;
  return event;
}

}  // namespace plimsoll::dialects::openai_completions
