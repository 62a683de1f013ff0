// Grammar of a stream (Anthropic's document, "Streaming messages"):
//   stream = message_start *( block / ping / other ) *message_delta message_stop
//   block  = content_block_start *content_block_delta content_block_stop
//   error  = { "type": "error", "error": { "type", "message" } }, then the end
// The name of an event stands in its data too, and there it is read.
#include <fmt/format.h>

#include "dialects/anthropic/anthropic.h"
#include "dialects/anthropic/blocks.h"
#include "dialects/members.h"

namespace plimsoll::dialects::anthropic {
namespace {

constexpr std::string_view kTryAgain = "try again, or choose another model";

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), std::string(kTryAgain));
}

std::unexpected<Error> cut(std::string how) {
  return fail(ErrorKind::upstream_cut, "the upstream's stream ended " + std::move(how),
              std::string(kTryAgain));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// What one block kind's starting object already holds.
void append_start(Event& event, const json::Value& block) {
  using Kind = Delta::Kind;
  append_delta(event.deltas, Kind::text, block.get_string("text").value_or(""));
  append_delta(event.deltas, Kind::reasoning, block.get_string("thinking").value_or(""));
  append_delta(event.deltas, Kind::signature, block.get_string("signature").value_or(""));
}

}  // namespace

Result<std::optional<Event>> StreamDecoder::next() {
  PLIMSOLL_TRY(const std::optional<SseFrame> frame, reader_.next());
  if (!frame) return std::nullopt;
  Event event{.dialect = Dialect::anthropic, .raw = std::string(frame->raw)};
  if (is_blank(frame->data)) {
    event.kind = Event::Kind::comment;
    return event;
  }
  json::Document large;
  auto root = document_for(frame->data, large).parse(frame->data);
  const bool named_error = frame->event == "error";
  if (named_error || (root && root->get_string("type") == "error"))
    return std::unexpected(classify(200, {}, frame->data));
  if (!root) return malformed("an event of the stream is " + root.error().what);
  if (root->kind() != json::Kind::object) return malformed("an event of the stream is no object");
  if (auto done = read(*root, event); !done) return std::unexpected(std::move(done).error());
  return event;
}

Result<void> StreamDecoder::read(const json::Value& root, Event& event) {
  const std::string_view type = root.get_string("type").value_or("");
  if (type == "ping") event.kind = Event::Kind::comment;
  if (type == "content_block_start") return start_block(root, event);
  if (type == "content_block_delta") return add_to_block(root, event);
  if (type == "content_block_stop") return stop_block(root, event);
  if (type == "message_delta") read_message_delta(root, event);
  if (type == "message_stop") {
    event.kind = Event::Kind::done;
    stopped_ = true;
  }
  const auto message = root.get("message");
  if (type != "message_start" || !message) return {};
  begun_ = true;
  event.model = message->get_string("model").value_or("");
  if (const auto usage = message->get("usage")) merge_usage(usage_, *usage);
  return {};
}

Result<StreamDecoder::Block*> StreamDecoder::block_of(const json::Value& root) {
  const std::int64_t index = root.get_int("index").value_or(0);
  if (index < 0 || index > kBlockIndexMax)
    return malformed(
        fmt::format("a block of the answer has index {}, beyond 0 to {}", index, kBlockIndexMax));
  const auto place = static_cast<std::size_t>(index);
  if (blocks_.size() <= place) blocks_.resize(place + 1);
  return &blocks_[place];
}

Result<void> StreamDecoder::start_block(const json::Value& root, Event& event) {
  PLIMSOLL_TRY(Block * block, block_of(root));
  *block = {};
  event.kind = Event::Kind::chunk;
  const auto content = root.get("content_block");
  if (!content) return {};
  const std::string_view type = content->get_string("type").value_or("");
  if (type == "text") block->kind = Block::Kind::text;
  if (type == "thinking") block->kind = Block::Kind::thinking;
  if (type == "text" || type == "thinking") append_start(event, *content);
  if (type == "redacted_thinking")
    append_delta(event.deltas, Delta::Kind::redacted, content->get_string("data").value_or(""));
  if (type != "tool_use") return {};
  block->kind = Block::Kind::tool;
  block->tool = tools_++;
  if (const auto input = content->get("input"); input && input->kind() == json::Kind::object)
    block->arguments = input->dump();
  append_delta(event.deltas, Delta::Kind::tool_id, content->get_string("id").value_or(""),
               block->tool);
  append_delta(event.deltas, Delta::Kind::tool_name, content->get_string("name").value_or(""),
               block->tool);
  return {};
}

Result<void> StreamDecoder::add_to_block(const json::Value& root, Event& event) {
  PLIMSOLL_TRY(Block * block, block_of(root));
  event.kind = Event::Kind::chunk;
  const auto delta = root.get("delta");
  if (!delta) return {};
  const auto text = [&delta](std::string_view key) {
    return delta->get_string(key).value_or(std::string_view());
  };
  switch (block->kind) {
    case Block::Kind::text: append_delta(event.deltas, Delta::Kind::text, text("text")); break;
    case Block::Kind::thinking:
      append_delta(event.deltas, Delta::Kind::reasoning, text("thinking"));
      append_delta(event.deltas, Delta::Kind::signature, text("signature"));
      break;
    case Block::Kind::tool:
      block->fragments |= !text("partial_json").empty();
      append_delta(event.deltas, Delta::Kind::tool_arguments, text("partial_json"), block->tool);
      break;
    case Block::Kind::unknown: break;  // of a tool that the provider runs itself
  }
  return {};
}

/// A call without arguments brings no fragment, or an empty one; it means "{}".
Result<void> StreamDecoder::stop_block(const json::Value& root, Event& event) {
  PLIMSOLL_TRY(Block * block, block_of(root));
  event.kind = Event::Kind::chunk;
  if (block->kind == Block::Kind::tool && !block->fragments)
    append_delta(event.deltas, Delta::Kind::tool_arguments,
                 block->arguments.empty() ? "{}" : block->arguments, block->tool);
  *block = {};
  return {};
}

/// Its counts are totals, and name what is new: the rest stands in message_start.
void StreamDecoder::read_message_delta(const json::Value& root, Event& event) {
  event.kind = Event::Kind::chunk;
  if (const auto usage = root.get("usage"); usage && merge_usage(usage_, *usage))
    event.usage = usage_;
  const auto delta = root.get("delta");
  if (!delta) return;
  append_delta(event.deltas, Delta::Kind::refusal, refusal_of(*delta));
  if (const Finish finish = finish_of(delta->get_string("stop_reason")); finish != Finish::none)
    event.finishes.push_back({.finish = finish});
}

Result<void> StreamDecoder::verdict() const {
  // A last event without its blank line is still whole.
  const std::string_view rest = reader_.rest();
  const bool stop_left = rest.find("\"message_stop\"") != std::string_view::npos &&
                         rest.find('}') != std::string_view::npos;
  if (stopped_ || stop_left) return {};
  if (!begun_) return cut("before its message began");
  if (!is_blank(rest))
    return cut(fmt::format("inside an event, after {} of its bytes", rest.size()));
  return cut("without message_stop");
}

}  // namespace plimsoll::dialects::anthropic
