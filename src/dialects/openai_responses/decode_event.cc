// Grammar of a stream (OpenAI's document, ResponseStreamEvent):
//   stream = response.created [ response.in_progress ] *( item / other ) end
//   item   = response.output_item.added *( delta / done ) response.output_item.done
//   delta  = response.{output_text,refusal,reasoning_text,reasoning_summary_text,
//            function_call_arguments}.delta
//   end    = response.completed / response.incomplete / response.failed / error
// The name of an event stands in its data too, and there it is read. Servers that
// send no deltas are understood: what an item's end holds counts if nothing came
// before it.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/json_reading.h"
#include "dialects/members.h"
#include "dialects/openai_chat/openai_chat.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/openai_responses/output.h"
#include "dialects/talk.h"

namespace plimsoll::dialects::openai_responses {
namespace {

constexpr std::string_view kTryAgain = "try again, or choose another model";

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what), std::string(kTryAgain));
}

std::unexpected<Error> cut(std::string how) {
  return fail(ErrorKind::upstream_cut, "the upstream's stream ended " + std::move(how),
              std::string(kTryAgain));
}

/// What a delta event adds to, told by its name; empty for events of other kinds.
std::optional<Delta::Kind> kind_of(std::string_view type) {
  if (type == "response.output_text.delta") return Delta::Kind::text;
  if (type == "response.refusal.delta") return Delta::Kind::refusal;
  if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta")
    return Delta::Kind::reasoning;
  if (type == "response.function_call_arguments.delta") return Delta::Kind::tool_arguments;
  return {};
}

}  // namespace

Result<std::optional<Event>> StreamDecoder::next() {
  PLIMSOLL_TRY(const std::optional<SseFrame> frame, reader_.next());
  if (!frame) return std::nullopt;
  Event event{.dialect = Dialect::openai_responses, .raw = std::string(frame->raw)};
  if (is_blank(frame->data) || frame->event == "ping") {
    event.kind = Event::Kind::comment;
    return event;
  }
  if (frame->data.starts_with("[DONE]")) {  // a habit of routers; the end came before it
    event.kind = Event::Kind::done;
    return event;
  }
  json::Document large;
  auto root = document_for(frame->data, large).parse(frame->data);
  if (frame->event == "error" || (root && root->get_string("type") == "error"))
    return std::unexpected(openai_chat::classify(200, {}, frame->data));
  if (!root) return malformed("an event of the stream is " + root.error().what);
  if (root->kind() != json::Kind::object) return malformed("an event of the stream is no object");
  if (auto done = read(*root, event); !done) return std::unexpected(std::move(done).error());
  return event;
}

Result<void> StreamDecoder::read(const json::Value& root, Event& event) {
  const std::string_view type = root.get_string("type").value_or("");
  if (type == "response.created" || type == "response.in_progress") {
    begun_ = true;
    if (const auto response = root.get("response")) event.model = string_at(*response, "model");
    return {};
  }
  if (type == "response.output_item.added") return begin_item(root, event);
  if (type == "response.output_item.done") return end_item(root, event);
  if (type == "response.completed" || type == "response.incomplete" || type == "response.failed")
    return finish(root, event);
  return add_to_item(type, root, event);
}

Result<StreamDecoder::Item*> StreamDecoder::item_of(const json::Value& root) {
  const std::int64_t index = root.get_int("output_index").value_or(0);
  if (index < 0 || index > kItemIndexMax)
    return malformed(
        fmt::format("an item of the answer has index {}, beyond 0 to {}", index, kItemIndexMax));
  const auto place = static_cast<std::size_t>(index);
  if (items_.size() <= place) items_.resize(place + 1);
  return &items_[place];
}

/// Gives a call its number among the calls, and tells its id and name.
void StreamDecoder::name_tool(Item& item, const json::Value& value, Event& event) {
  if (item.tool >= 0) return;
  item.tool = tools_ < kItemIndexMax ? tools_++ : tools_;
  append_delta(event.deltas, Delta::Kind::tool_id, string_at(value, "call_id"), item.tool);
  append_delta(event.deltas, Delta::Kind::tool_name, string_at(value, "name"), item.tool);
}

Result<void> StreamDecoder::begin_item(const json::Value& root, Event& event) {
  PLIMSOLL_TRY(Item * item, item_of(root));
  *item = {};
  begun_ = true;
  event.kind = Event::Kind::chunk;
  const auto value = root.get("item");
  if (!value || value->get_string("type") != "function_call") return {};
  name_tool(*item, *value, event);
  return {};
}

Result<void> StreamDecoder::add_to_item(std::string_view type, const json::Value& root,
                                        Event& event) {
  const auto kind = kind_of(type);
  if (!kind) return {};  // of no interest to other dialects
  PLIMSOLL_TRY(Item * item, item_of(root));
  begun_ = item->told = true;
  event.kind = Event::Kind::chunk;
  if (*kind == Delta::Kind::tool_arguments && item->tool < 0) name_tool(*item, root, event);
  append_delta(event.deltas, *kind, string_at(root, "delta"), std::max(item->tool, 0));
  return {};
}

Result<void> StreamDecoder::end_item(const json::Value& root, Event& event) {
  PLIMSOLL_TRY(Item * item, item_of(root));
  event.kind = Event::Kind::chunk;
  const auto value = root.get("item");
  if (!value) return {};
  const std::string type = string_at(*value, "type");
  if (type == "function_call") name_tool(*item, *value, event);
  if (item->told) {
    if (type == "reasoning") append_proof(event.deltas, *value);
    return {};
  }
  item->told = true;
  if (type == "function_call")
    append_delta(event.deltas, Delta::Kind::tool_arguments, string_at(*value, "arguments"),
                 item->tool);
  else
    append_item(event.deltas, *value, 0);
  return {};
}

Result<void> StreamDecoder::finish(const json::Value& root, Event& event) {
  const auto response = root.get("response");
  if (!response) return malformed("the end of the stream holds no response");
  const std::string error = json_at(*response, "error");
  if (!error.empty() || root.get_string("type") == "response.failed")
    return std::unexpected(openai_chat::classify(
        200, {}, fmt::format(R"({{"error":{}}})", error.empty() ? "{}" : error)));
  begun_ = finished_ = true;
  event.kind = Event::Kind::chunk;
  event.model = string_at(*response, "model");
  event.usage = usage_in(*response);
  Finish finish = finish_of(*response);
  // The output is left out of the end by a few servers.
  if (finish == Finish::stop && tools_ > 0) finish = Finish::tool_calls;
  event.finishes.push_back({.finish = finish == Finish::none ? Finish::other : finish});
  return {};
}

Result<void> StreamDecoder::verdict() const {
  if (finished_) return {};
  const std::string_view rest = reader_.rest();
  if (!is_blank(rest))
    return cut(fmt::format("inside an event, after {} of its bytes", rest.size()));
  return cut(begun_ ? "without response.completed" : "before an answer began");
}

}  // namespace plimsoll::dialects::openai_responses
