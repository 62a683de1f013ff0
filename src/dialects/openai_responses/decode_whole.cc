// Grammar (OpenAI's document, Response):
//   response = { "object": "response", "status", "model", "output": [ item, ... ],
//                "error", "incomplete_details", "usage", any other }
#include <fmt/format.h>

#include "dialects/json_reading.h"
#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/openai_responses/output.h"

namespace plimsoll::dialects::openai_responses {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), "try again, or choose another model");
}

Result<Answer> read_answer(const json::Value& root) {
  if (root.kind() != json::Kind::object)
    return malformed(fmt::format("the answer is {}, not an object", name_of(root.kind())));
  const auto output = array_at(root, "output");
  if (!output) return malformed("the answer has no \"output\" array");
  Event event{.kind = Event::Kind::chunk};
  int tools = 0;
  for (const json::Value item : *output) {
    append_item(event.deltas, item, tools);
    if (item.get_string("type") == "function_call" && tools < kItemIndexMax) ++tools;
  }
  event.finishes.push_back({.finish = finish_of(root)});
  event.model = string_at(root, "model");
  event.usage = usage_in(root);
  AnswerBuilder builder;
  builder.add(std::move(event));
  return std::move(builder).take();
}

}  // namespace

Result<Event> decode_whole(std::string body) {
  json::Document large;
  auto root = document_for(body, large).parse(body);
  if (!root) return malformed("the answer is " + root.error().what);
  if (const auto error = root->get("error"); error && !error->is_null())
    return std::unexpected(openai_chat::classify(200, {}, body));
  PLIMSOLL_TRY(Answer answer, read_answer(*root));
  Event event{.kind = Event::Kind::whole, .dialect = Dialect::openai_responses};
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  event.raw = std::move(body);
  return event;
}

}  // namespace plimsoll::dialects::openai_responses
