// Grammar (Anthropic's document, "Create a message"):
//   answer = { "type": "message", "model", "content": [ block, ... ], "stop_reason",
//              "usage": { ... }, any other }
#include <fmt/format.h>

#include "dialects/anthropic/anthropic.h"
#include "dialects/anthropic/blocks.h"
#include "dialects/members.h"

namespace plimsoll::dialects::anthropic {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), "try again, or choose another model");
}

std::string string_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(std::string_view()));
}

/// Blocks of tools that the provider runs itself are no part of the answer.
void read_block(const json::Value& block, Choice& to) {
  const std::string type = string_at(block, "type");
  if (type == "text") to.text += string_at(block, "text");
  if (type == "thinking")
    to.thoughts.push_back({.text = string_at(block, "thinking"),
                           .signature = string_at(block, "signature"),
                           .redacted = {}});
  if (type == "redacted_thinking")
    to.thoughts.push_back({.text = {}, .signature = {}, .redacted = string_at(block, "data")});
  if (type != "tool_use") return;
  const auto input = block.get("input");
  to.tool_calls.push_back({.id = string_at(block, "id"),
                           .name = string_at(block, "name"),
                           .arguments = input ? input->dump() : "{}"});
}

Result<Answer> read_answer(const json::Value& root) {
  if (root.kind() != json::Kind::object)
    return malformed(fmt::format("the answer is {}, not an object", name_of(root.kind())));
  const auto value = root.get("content");
  const auto content = value ? value->as_array() : std::nullopt;
  if (!content) return malformed("the answer has no \"content\" array");
  Answer answer;
  Choice& choice = answer.choices.emplace_back();
  for (const json::Value block : *content) read_block(block, choice);
  choice.finish = finish_of(root.get_string("stop_reason"));
  choice.refusal = refusal_of(root);
  answer.model = string_at(root, "model");
  Usage usage;
  if (const auto counts = root.get("usage"); counts && merge_usage(usage, *counts))
    answer.usage = usage;
  return answer;
}

}  // namespace

Result<Event> decode_whole(std::string body) {
  json::Document large;
  auto root = document_for(body, large).parse(body);
  if (!root) return malformed("the answer is " + root.error().what);
  if (root->get_string("type") == "error") return std::unexpected(classify(200, {}, body));
  PLIMSOLL_TRY(Answer answer, read_answer(*root));
  Event event{.kind = Event::Kind::whole, .dialect = Dialect::anthropic};
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  event.raw = std::move(body);
  return event;
}

}  // namespace plimsoll::dialects::anthropic
