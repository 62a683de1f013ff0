// What is written (Anthropic's document):
//   whole  = message
//   stream = message_start *( content_block_start *content_block_delta
//            content_block_stop ) message_delta message_stop
#include "dialects/anthropic/reply_encoder.h"

#include <algorithm>

#include "dialects/anthropic/argument_scan.h"
#include "dialects/json_object.h"

namespace plimsoll::dialects::anthropic {
namespace {

std::string_view word_of(Finish finish) {
  switch (finish) {
    case Finish::length: return "max_tokens";
    case Finish::tool_calls: return "tool_use";
    case Finish::content_filter: return "refusal";
    case Finish::none:
    case Finish::stop:
    case Finish::other: return "end_turn";
  }
  return "end_turn";
}

/// Ours includes what was read from a cache and written to it, theirs does not. A
/// few servers name more of these than there was input; the sum stays the input.
std::string usage_json(const Usage& usage) {
  const std::int64_t read = std::clamp<std::int64_t>(usage.cached_input, 0, usage.input);
  const std::int64_t written =
      std::clamp<std::int64_t>(usage.cache_write_input, 0, usage.input - read);
  std::string out;
  JsonObject object(out);
  object.integer("input_tokens", usage.input - read - written);
  object.integer("cache_creation_input_tokens", written);
  object.integer("cache_read_input_tokens", read);
  object.integer("output_tokens", usage.output);
  if (usage.reasoning_output > 0) {
    JsonObject details(object.open("output_tokens_details"));
    details.integer("thinking_tokens", usage.reasoning_output);
    details.end();
  }
  object.end();
  return out;
}

/// A refusal has its reason where clients of this dialect look for it.
void append_stop(JsonObject& object, Finish finish, std::string_view refusal) {
  const bool refused = finish == Finish::content_filter || !refusal.empty();
  object.text("stop_reason", refused ? "refusal" : word_of(finish));
  object.raw("stop_sequence", "null");
  if (!refused) return;
  JsonObject details(object.open("stop_details"));
  details.text("type", "refusal");
  details.raw("category", "null");
  if (refusal.empty())
    details.raw("explanation", "null");
  else
    details.text("explanation", refusal);
  details.end();
}

void append_thought(std::string& out, const Thought& thought) {
  JsonObject block(next_item(out));
  block.text("type", thought.redacted.empty() ? "thinking" : "redacted_thinking");
  if (thought.redacted.empty()) {
    block.text("thinking", thought.text);
    block.text("signature", thought.signature);
  } else {
    block.text("data", thought.redacted);
  }
  block.end();
}

void append_tool_use(std::string& out, const ToolCall& call) {
  JsonObject block(next_item(out));
  block.text("type", "tool_use");
  block.text("id", call.id);
  block.text("name", call.name);
  block.raw("input", input_of(call.arguments));
  block.end();
}

void append_content(std::string& out, const Choice& choice) {
  out += '[';
  for (const Thought& thought : choice.thoughts) append_thought(out, thought);
  if (!choice.text.empty()) {
    JsonObject block(next_item(out));
    block.text("type", "text");
    block.text("text", choice.text);
    block.end();
  }
  for (const ToolCall& call : choice.tool_calls) append_tool_use(out, call);
  out += ']';
}

/// A call of a tool on its way: what of it has been written, and what waits.
struct Call {
  std::string id, name, waiting;
  ArgumentScan scan;
  bool opened = false, closed = false;
};

class Encoder final : public ReplyEncoder {
 public:
  explicit Encoder(const ReplyFrame& frame) : id_("msg_" + std::string(frame.call_id)) {}

  void append(std::string& out, const Event& event) override {
    if (!event.model.empty()) model_ = event.model;
    if (event.usage) usage_ = *event.usage;
    if (event.kind == Event::Kind::whole && event.whole) return append_whole(out, *event.whole);
    if (event.kind == Event::Kind::comment) return append_ping(out);
    for (const Delta& delta : event.deltas)
      if (delta.choice == 0) append_delta(out, delta);
    for (const FinishMark& mark : event.finishes)
      if (mark.choice == 0) finish_ = mark.finish;
    if (event.kind == Event::Kind::done) end(out);
  }

  void end(std::string& out) override {
    if (!std::exchange(ended_, true)) append_end(out);
  }

 private:
  enum class Open : std::uint8_t { nothing, text, thinking, tool };

  void append_whole(std::string& out, const Answer& answer) const {
    const Choice none;
    const Choice& choice = answer.choices.empty() ? none : answer.choices.front();
    JsonObject object(out);
    append_head(object);
    append_content(object.open("content"), choice);
    append_stop(object, choice.finish, choice.refusal);
    object.raw("usage", usage_json(usage_));
    object.end();
  }

  void append_head(JsonObject& object) const {
    object.text("id", id_);
    object.text("type", "message");
    object.text("role", "assistant");
    object.text("model", model_);
  }

  static void append_frame(std::string& out, std::string_view name, std::string_view data) {
    out += "event: ";
    out += name;
    out += "\ndata: ";
    out += data;
    out += "\n\n";
  }

  void append_ping(std::string& out) const {
    if (begun_) append_frame(out, "ping", R"({"type":"ping"})");
  }

  void begin(std::string& out) {
    if (begun_) return;
    begun_ = true;
    std::string data;
    JsonObject event(data);
    event.text("type", "message_start");
    JsonObject message(event.open("message"));
    append_head(message);
    message.raw("content", "[]");
    message.raw("stop_reason", "null");
    message.raw("stop_sequence", "null");
    message.raw("usage", usage_json(usage_));
    message.end();
    event.end();
    append_frame(out, "message_start", data);
  }

  void append_delta(std::string& out, const Delta& delta) {
    begin(out);
    switch (delta.kind) {
      case Delta::Kind::text: append_text(out, delta.text); break;
      case Delta::Kind::refusal: refusal_ += delta.text; break;
      case Delta::Kind::reasoning:
        append_thinking(out, "thinking_delta", "thinking", delta.text);
        break;
      case Delta::Kind::signature:
        append_thinking(out, "signature_delta", "signature", delta.text);
        close(out);
        break;
      case Delta::Kind::redacted: append_redacted(out, delta.text); break;
      case Delta::Kind::tool_id: call_at(delta.tool).id = delta.text; break;
      case Delta::Kind::tool_name: call_at(delta.tool).name = delta.text; break;
      case Delta::Kind::tool_arguments: add_arguments(out, delta); break;
    }
  }

  Call& call_at(int tool) {
    const auto place = static_cast<std::size_t>(tool);
    if (calls_.size() <= place) calls_.resize(place + 1);
    return calls_[place];
  }

  void append_text(std::string& out, std::string_view text) {
    const bool in_call = open_ == Open::tool && !call_at(current_).scan.complete();
    if (in_call) {  // text between the fragments of a call: its block comes behind
      late_text_ += text;
      return;
    }
    if (open_ != Open::text) {
      write_waiting(out);
      open(out, Open::text, R"({"type":"text","text":""})");
    }
    append_block_delta(out, "text_delta", "text", text);
  }

  void append_thinking(std::string& out, std::string_view type, std::string_view key,
                       std::string_view text) {
    if (open_ != Open::thinking) {
      write_waiting(out);
      open(out, Open::thinking, R"({"type":"thinking","thinking":"","signature":""})");
    }
    append_block_delta(out, type, key, text);
  }

  void append_redacted(std::string& out, std::string_view data) {
    std::string block;
    JsonObject object(block);
    object.text("type", "redacted_thinking");
    object.text("data", data);
    object.end();
    open(out, Open::thinking, block);
    close(out);
  }

  /// The fragment goes out at once when its call is the one being written or may
  /// be; else it waits for the calls before it.
  void add_arguments(std::string& out, const Delta& delta) {
    Call& call = call_at(delta.tool);
    if (call.closed) return;  // more after its end: nothing may follow a whole value
    call.waiting += delta.text;
    call.scan.feed(delta.text);
    const bool current = open_ == Open::tool && current_ == delta.tool;
    if (!current && open_ == Open::tool && !call_at(current_).scan.complete()) return;
    write_call(out, delta.tool);
  }

  /// Writes what is known of a call, with its block opened before.
  void write_call(std::string& out, int tool) {
    Call& call = call_at(tool);
    if (!call.opened) {
      std::string block;
      JsonObject object(block);
      object.text("type", "tool_use");
      object.text("id", call.id);
      object.text("name", call.name);
      object.raw("input", "{}");
      object.end();
      open(out, Open::tool, block);
      current_ = tool;
      call.opened = true;
    }
    if (!call.waiting.empty())
      append_block_delta(out, "input_json_delta", "partial_json", std::exchange(call.waiting, {}));
  }

  /// Calls that were named and had to wait, or that have no arguments at all.
  void write_waiting(std::string& out) {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const Call& call = calls_[i];
      const bool named = !call.id.empty() || !call.name.empty() || !call.waiting.empty();
      if (named && !call.closed && (!call.opened || !call.waiting.empty()))
        write_call(out, static_cast<int>(i));
    }
  }

  void open(std::string& out, Open kind, std::string_view block) {
    close(out);
    std::string data;
    JsonObject event(data);
    event.text("type", "content_block_start");
    event.integer("index", index_);
    event.raw("content_block", block);
    event.end();
    append_frame(out, "content_block_start", data);
    open_ = kind;
  }

  void append_block_delta(std::string& out, std::string_view type, std::string_view key,
                          std::string_view text) const {
    std::string data;
    JsonObject event(data);
    event.text("type", "content_block_delta");
    event.integer("index", index_);
    JsonObject delta(event.open("delta"));
    delta.text("type", type);
    delta.text(key, text);
    delta.end();
    event.end();
    append_frame(out, "content_block_delta", data);
  }

  void close(std::string& out) {
    if (open_ == Open::nothing) return;
    if (open_ == Open::tool) call_at(current_).closed = true;
    std::string data;
    JsonObject event(data);
    event.text("type", "content_block_stop");
    event.integer("index", index_++);
    event.end();
    append_frame(out, "content_block_stop", data);
    open_ = Open::nothing;
  }

  void append_end(std::string& out) {
    begin(out);
    write_waiting(out);
    close(out);
    if (!late_text_.empty()) append_text(out, late_text_);
    close(out);
    std::string data;
    JsonObject event(data);
    event.text("type", "message_delta");
    JsonObject delta(event.open("delta"));
    append_stop(delta, finish_, refusal_);
    delta.end();
    event.raw("usage", usage_json(usage_));
    event.end();
    append_frame(out, "message_delta", data);
    append_frame(out, "message_stop", R"({"type":"message_stop"})");
  }

  std::string id_, model_, refusal_, late_text_;
  Usage usage_;
  Finish finish_ = Finish::none;
  std::vector<Call> calls_;
  Open open_ = Open::nothing;
  int current_ = 0;  // the call that is being written, while a tool is open
  std::int64_t index_ = 0;
  bool begun_ = false, ended_ = false;
};

}  // namespace

std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame) {
  return std::make_unique<Encoder>(frame);
}

}  // namespace plimsoll::dialects::anthropic
