// Grammar (OpenAI's document, CreateChatCompletionResponse):
//   answer = { "choices": [ { "index", "message", "finish_reason" }, ... ],
//              "usage": { ... }, "model": string, any other }
#include <fmt/format.h>

#include "dialects/openai_chat/answer_fields.h"
#include "dialects/openai_chat/members.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), "try again, or choose another model");
}

Result<void> read_choice(const json::Value& choice, int position, AnswerBuilder& builder) {
  PLIMSOLL_TRY(const int index, index_of(choice, position, kChoiceIndexMax));
  Event event{.kind = Event::Kind::chunk};
  if (const auto message = choice.get("message"))
    if (auto read = append_deltas(event.deltas, index, *message); !read) return read;
  const auto reason = choice.get_string("finish_reason");
  if (reason && is_failure(*reason))
    return fail(ErrorKind::upstream_server_error,
                fmt::format("the upstream ended its answer with finish_reason \"{}\"", *reason),
                "try again, or choose another model");
  event.finishes.push_back({.choice = index, .finish = finish_of(reason)});
  builder.add(std::move(event));
  return {};
}

Result<Answer> read_answer(const json::Value& root) {
  if (root.kind() != json::Kind::object)
    return malformed(fmt::format("the answer is {}, not an object", name_of(root.kind())));
  const auto value = root.get("choices");
  const auto choices = value ? value->as_array() : std::nullopt;
  if (!choices) return malformed("the answer has no \"choices\" array");
  AnswerBuilder builder;
  int position = 0;
  for (const json::Value choice : *choices)
    if (auto read = read_choice(choice, position++, builder); !read)
      return std::unexpected(std::move(read).error());
  if (position == 0) return malformed("the answer has 0 choices");
  Answer answer = std::move(builder).take();
  answer.usage = usage_in(root);
  answer.model = root.get_string("model").value_or("");
  return answer;
}

}  // namespace

Result<Event> decode_whole(std::string body) {
  json::Document large;
  auto root = document_for(body, large).parse(body);
  if (!root) return malformed("the answer is " + root.error().what);
  if (carries_error(*root)) return std::unexpected(classify(200, {}, body));
  PLIMSOLL_TRY(Answer answer, read_answer(*root));
  Event event{.kind = Event::Kind::whole};
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  event.raw = std::move(body);
  return event;
}

}  // namespace plimsoll::dialects::openai_chat
