#include "dialects/gemini/gemini.h"
#include "dialects/gemini/parts.h"
#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/talk.h"
#include "model/answer_builder.h"

namespace plimsoll::dialects::gemini {
namespace {

constexpr std::string_view kTryAgain = "try again, or choose another model";

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), std::string(kTryAgain));
}

/// Reads one response object into `event`; true when it named a reason to finish.
Result<bool> read(std::string_view text, Event& event, int& tools) {
  json::Document large;
  auto root = document_for(text, large).parse(text);
  if (!root) return malformed("the answer is " + root.error().what);
  if (root->kind() != json::Kind::object) return malformed("the answer is no object");
  const auto error = root->get("error");
  if (error && !error->is_null()) return std::unexpected(classify(200, {}, text));
  return read_response(*root, event, tools);
}

}  // namespace

Result<Event> decode_whole(std::string body) {
  Event pieces{.kind = Event::Kind::chunk};
  int tools = 0;
  if (auto done = read(body, pieces, tools); !done) return std::unexpected(std::move(done).error());
  AnswerBuilder builder;
  builder.add(pieces);
  Answer answer = std::move(builder).take();
  if (answer.choices.empty()) answer.choices.emplace_back();
  Event event{.kind = Event::Kind::whole, .dialect = Dialect::gemini};
  event.usage = answer.usage;
  event.model = answer.model;
  event.whole = std::move(answer);
  event.raw = std::move(body);
  return event;
}

Result<std::optional<Event>> StreamDecoder::next() {
  PLIMSOLL_TRY(const std::optional<SseFrame> frame, reader_.next());
  if (!frame) return std::nullopt;
  Event event{.dialect = Dialect::gemini, .raw = std::string(frame->raw)};
  if (is_blank(frame->data)) {
    event.kind = Event::Kind::comment;
    return event;
  }
  event.kind = Event::Kind::chunk;
  PLIMSOLL_TRY(const bool finished, read(frame->data, event, tools_));
  finished_ = finished_ || finished;
  return event;
}

Result<void> StreamDecoder::verdict() const {
  if (finished_ && is_blank(reader_.rest())) return {};
  return fail(ErrorKind::upstream_cut,
              finished_ ? "the upstream's stream ended inside an event"
                        : "the upstream's stream ended without a finishReason",
              std::string(kTryAgain));
}

/// What Google's errors say is read with those of others: their details too.
Error classify(int status, const HeaderList& headers, std::string_view body) {
  return openai_chat::classify(status, headers, body);
}

}  // namespace plimsoll::dialects::gemini
