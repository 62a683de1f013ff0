// Grammar (OpenAI's document, CreateEmbeddingRequest and CreateEmbeddingResponse):
//   request = { "model": string, "input": string / [ string / token / tokens, ... ],
//               any other }
//   answer  = { "data": [ { "embedding": numbers / base64, "index" }, ... ], "model",
//               "usage": { "prompt_tokens", "total_tokens" } }
#include "dialects/openai_embeddings/openai_embeddings.h"

#include <fmt/format.h>

#include "dialects/members.h"
#include "dialects/openai_chat/answer_fields.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/request_fields.h"

namespace plimsoll::dialects::openai_embeddings {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), "try again, or choose another model");
}

Result<void> read_input(const Field& field, Request& to) {
  if (const auto text = field.value.as_string()) {
    to.messages = 1;
    to.text_bytes = text->size();
    return {};
  }
  const auto list = field.value.as_array();
  if (!list)
    return fail(ErrorKind::request_invalid,
                fmt::format("\"input\" is {}, but must be a string or an array",
                            name_of(field.value.kind())),
                "send the text, or a list of texts, as \"input\"");
  to.messages = list->size();
  to.text_bytes = field.place.end - field.place.begin;
  return {};
}

}  // namespace

Result<std::shared_ptr<const Request>> decode_call(std::string body) {
  auto request = std::make_shared<Request>();
  request->dialect = Dialect::openai_embeddings;
  request->output_tokens_max = 0;  // nothing is written, so nothing is set aside for it
  request->body = std::move(body);
  json::Document large;
  PLIMSOLL_TRY(const json::Object object, request_object(request->body, large));
  const std::vector<Field> fields = fields_of(object, request->body);
  if (auto unique = refuse_duplicates(fields); !unique)
    return std::unexpected(std::move(unique).error());
  for (const Field& field : fields) {
    Result<void> read;
    if (field.key == "model") read = read_model(field, *request);
    if (field.key == "input") read = read_input(field, *request);
    if (!read) return std::unexpected(std::move(read).error());
  }
  if (request->model.empty()) return missing_model();
  if (request->messages == 0)
    return fail(ErrorKind::request_invalid, "\"input\" is missing, or has 0 entries",
                "put the text into \"input\"");
  return request;
}

std::string encode_call(const Request& request, const CallEdits& edits) {
  if (edits.model == request.model) return request.body;
  std::string out = request.body;
  const json::Span at = request.model_value;
  out.replace(at.begin, at.end - at.begin, json::quoted(edits.model));
  return out;
}

Result<Event> decode_whole(std::string body) {
  json::Document large;
  const auto root = document_for(body, large).parse(body);
  if (!root) return malformed("the answer is " + root.error().what);
  if (openai_chat::carries_error(*root))
    return std::unexpected(openai_chat::classify(200, {}, body));
  const auto data = root->get("data");
  if (!data || !data->as_array()) return malformed("the answer has no \"data\" array");
  Event event{.kind = Event::Kind::whole, .dialect = Dialect::openai_embeddings};
  event.usage = openai_chat::usage_in(*root);
  event.model = root->get_string("model").value_or("");
  event.whole = Answer{.model = event.model, .choices = {}, .usage = event.usage};
  event.raw = std::move(body);
  return event;
}

}  // namespace plimsoll::dialects::openai_embeddings
