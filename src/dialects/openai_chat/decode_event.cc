// Grammar of a stream (OpenAI's document, CreateChatCompletionStreamResponse, and
// what compatible servers send):
//   stream = *( chunk / usage / comment / other ) [ done ]
//   chunk  = "data: " { "choices": [ { "index", "delta", "finish_reason" }, ... ] }
//   usage  = "data: " { "choices": [], "usage": { ... } }
//   done   = "data: [DONE]"
//   other  = "data: " any object without choices, such as a prompt filter's result
#include <fmt/format.h>

#include <algorithm>

#include "dialects/members.h"
#include "dialects/openai_chat/answer_fields.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

constexpr std::string_view kDone = "[DONE]";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

constexpr std::string_view kTryAgain = "try again, or choose another model";

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), std::string(kTryAgain));
}

std::unexpected<Error> cut(std::string how) {
  return fail(ErrorKind::upstream_cut, "the upstream's stream ended " + std::move(how),
              std::string(kTryAgain));
}

std::unexpected<Error> generation_failed(std::string_view reason) {
  return fail(ErrorKind::upstream_server_error,
              fmt::format("the upstream ended its answer with finish_reason \"{}\"", reason),
              std::string(kTryAgain));
}

void mark(std::vector<bool>& flags, int index) {
  const auto at = static_cast<std::size_t>(index);
  if (flags.size() <= at) flags.resize(at + 1);
  flags[at] = true;
}

/// Where a chunk goes: the event it becomes, and which choices have begun.
struct Target {
  Event& event;
  std::vector<bool>& begun;
};

Result<void> read_choice(const json::Value& choice, int position, Target to) {
  PLIMSOLL_TRY(const int index, index_of(choice, position, kChoiceIndexMax));
  mark(to.begun, index);
  Event& event = to.event;
  if (const auto delta = choice.get("delta"))
    if (auto read = append_deltas(event.deltas, index, *delta); !read) return read;
  append_text_of(event.deltas, index, choice);
  const auto reason = choice.get_string("finish_reason");
  if (reason && is_failure(*reason)) return generation_failed(*reason);
  if (const Finish finish = finish_of(reason); finish != Finish::none)
    event.finishes.push_back({.choice = index, .finish = finish});
  return {};
}

Event::Kind kind_of(const std::optional<json::Array>& choices, const Event& event) {
  if (choices && choices->size() > 0) return Event::Kind::chunk;
  return event.usage ? Event::Kind::usage : Event::Kind::opaque;
}

Result<void> read_chunk(const json::Value& root, Target to) {
  Event& event = to.event;
  event.model = root.get_string("model").value_or("");
  event.usage = usage_in(root);
  const auto value = root.get("choices");
  const auto choices = value ? value->as_array() : std::nullopt;
  event.kind = kind_of(choices, event);
  if (event.kind != Event::Kind::chunk) return {};
  int position = 0;
  for (const json::Value choice : *choices)
    if (auto read = read_choice(choice, position++, to); !read) return read;
  return {};
}

/// An in-band error has no status line; its body says which one it stands for.
std::unexpected<Error> in_band(std::string_view body) {
  return std::unexpected(classify(200, {}, body));
}

Result<void> read_data(const SseFrame& frame, Target to) {
  json::Document large;
  auto root = document_for(frame.data, large).parse(frame.data);
  if (frame.event == "error" || (root && carries_error(*root))) return in_band(frame.data);
  if (!root) return malformed("an event of the stream is " + root.error().what);
  if (root->kind() != json::Kind::object)
    return malformed(
        fmt::format("an event of the stream is {}, not an object", name_of(root->kind())));
  return read_chunk(*root, to);
}

}  // namespace

void StreamDecoder::feed(std::string_view bytes) { reader_.feed(bytes); }

Result<std::optional<Event>> StreamDecoder::next() {
  PLIMSOLL_TRY(const std::optional<SseFrame> frame, reader_.next());
  if (!frame) return std::nullopt;
  Event event{.raw = std::string(frame->raw)};
  const std::string_view data = trimmed(frame->data);
  if (data == kDone) {
    event.kind = Event::Kind::done;
    done_ = true;
    return event;
  }
  // An event without data never reaches a client's code, and a ping is a
  // heartbeat that some other dialect lent.
  if (data.empty() || frame->event == "ping") {
    event.kind = Event::Kind::comment;
    return event;
  }
  auto read = read_data(*frame, {.event = event, .begun = begun_});
  if (!read) return std::unexpected(std::move(read).error());
  for (const FinishMark& finish : event.finishes) mark(finished_, finish.choice);
  return event;
}

Result<void> StreamDecoder::verdict() const {
  const auto begun = std::ranges::count(begun_, true);
  const auto finished = std::ranges::count(finished_, true);
  if (begun == 0) return cut("before any choice began");
  // A last line without its blank line is the habit of a few servers.
  const std::string_view rest = trimmed(reader_.rest());
  const bool done = done_ || rest == "data: [DONE]" || rest == "data:[DONE]";
  if (done) return {};
  if (!rest.empty())
    return cut(fmt::format("inside an event, after {} of its bytes", reader_.rest().size()));
  if (begun == finished) return {};
  return cut(fmt::format("with {} of {} choices finished and no [DONE]", finished, begun));
}

}  // namespace plimsoll::dialects::openai_chat
