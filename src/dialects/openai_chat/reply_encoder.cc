// What is written (OpenAI's document):
//   whole  = CreateChatCompletionResponse
//   stream = role-chunk *delta-chunk finish-chunk [ usage-chunk ] "data: [DONE]"
#include "dialects/openai_chat/reply_encoder.h"

#include "dialects/json_object.h"
#include "dialects/openai_chat/answer_fields.h"

namespace plimsoll::dialects::openai_chat {
namespace {

void append_thinking_block(std::string& out, const Thought& thought) {
  JsonObject block(next_item(out));
  if (thought.redacted.empty()) {
    block.text("type", "thinking");
    block.text("thinking", thought.text);
    block.text("signature", thought.signature);
  } else {
    block.text("type", "redacted_thinking");
    block.text("data", thought.redacted);
  }
  block.end();
}

void append_thoughts(JsonObject& message, const std::vector<Thought>& thoughts) {
  std::string text, blocks = "[";
  for (const Thought& thought : thoughts) {
    text += thought.text;
    if (!thought.signature.empty() || !thought.redacted.empty())
      append_thinking_block(blocks, thought);
  }
  if (!text.empty()) message.text("reasoning_content", text);
  if (blocks != "[") message.raw("thinking_blocks", blocks + "]");
}

void append_tool_calls(JsonObject& message, const std::vector<ToolCall>& calls) {
  if (calls.empty()) return;
  std::string& out = message.open("tool_calls");
  out += '[';
  for (const ToolCall& call : calls) {
    JsonObject object(next_item(out));
    object.text("id", call.id);
    object.text("type", "function");
    JsonObject function(object.open("function"));
    function.text("name", call.name);
    function.text("arguments", call.arguments);
    function.end();
    object.end();
  }
  out += ']';
}

/// A text that is null where it is empty, as clients expect it.
void append_text(JsonObject& object, std::string_view key, std::string_view text) {
  if (text.empty())
    object.raw(key, "null");
  else
    object.text(key, text);
}

void append_choice(std::string& out, const Choice& choice, std::int64_t index) {
  JsonObject object(next_item(out));
  object.integer("index", index);
  JsonObject message(object.open("message"));
  message.text("role", "assistant");
  append_text(message, "content", choice.text);
  append_text(message, "refusal", choice.refusal);
  append_thoughts(message, choice.thoughts);
  append_tool_calls(message, choice.tool_calls);
  message.end();
  object.raw("logprobs", "null");
  object.text("finish_reason", word_of(choice.finish));
  object.end();
}

class Encoder final : public ReplyEncoder {
 public:
  explicit Encoder(const ReplyFrame& frame)
      : id_("chatcmpl-" + std::string(frame.call_id)),
        created_(frame.created),
        usage_asked_(frame.usage_asked) {}

  void append(std::string& out, const Event& event) override {
    if (!event.model.empty()) model_ = event.model;
    if (event.usage) usage_ = event.usage;
    switch (event.kind) {
      case Event::Kind::whole:
        if (event.whole) append_whole(out, *event.whole);
        break;
      case Event::Kind::comment: out += ":\n\n"; break;
      case Event::Kind::done: end(out); break;
      case Event::Kind::chunk: append_chunks(out, event); break;
      case Event::Kind::usage:
      case Event::Kind::opaque: break;
    }
  }

  void end(std::string& out) override {
    if (!std::exchange(ended_, true)) append_end(out);
  }

 private:
  void append_whole(std::string& out, const Answer& answer) const {
    JsonObject object(out);
    append_head(object, "chat.completion");
    std::string& choices = object.open("choices");
    choices += '[';
    std::int64_t index = 0;
    for (const Choice& choice : answer.choices) append_choice(choices, choice, index++);
    choices += ']';
    if (answer.usage) object.raw("usage", usage_json(*answer.usage));
    object.end();
  }

  void append_head(JsonObject& object, std::string_view kind) const {
    object.text("id", id_);
    object.text("object", kind);
    object.integer("created", created_);
    object.text("model", model_);
  }

  /// One chunk with `delta`, a JSON object, for a choice.
  void append_chunk(std::string& out, int choice, std::string_view delta,
                    std::string_view finish = {}) const {
    out += "data: ";
    JsonObject object(out);
    append_head(object, "chat.completion.chunk");
    std::string& choices = object.open("choices");
    choices += '[';
    JsonObject inner(choices);
    inner.integer("index", choice);
    inner.raw("delta", delta);
    inner.raw("logprobs", "null");
    append_text(inner, "finish_reason", finish);
    inner.end();
    choices += ']';
    if (usage_asked_) object.raw("usage", "null");
    object.end();
    out += "\n\n";
  }

  void append_chunks(std::string& out, const Event& event) {
    for (const Delta& delta : event.deltas) append_delta(out, delta);
    for (const FinishMark& mark : event.finishes) {
      begin(out, mark.choice);
      append_chunk(out, mark.choice, "{}", word_of(mark.finish));
    }
  }

  void begin(std::string& out, int choice) {
    const auto place = static_cast<std::size_t>(choice);
    if (begun_.size() <= place) begun_.resize(place + 1);
    if (begun_[place]) return;
    begun_[place] = true;
    append_chunk(out, choice, R"({"role":"assistant","content":"","refusal":null})");
  }

  void append_delta(std::string& out, const Delta& delta) {
    begin(out, delta.choice);
    std::string json;
    JsonObject object(json);
    switch (delta.kind) {
      case Delta::Kind::text: object.text("content", delta.text); break;
      case Delta::Kind::refusal: object.text("refusal", delta.text); break;
      case Delta::Kind::reasoning: object.text("reasoning_content", delta.text); break;
      case Delta::Kind::signature:
        append_thought(object, {.text = {}, .signature = delta.text, .redacted = {}});
        break;
      case Delta::Kind::redacted:
        append_thought(object, {.text = {}, .signature = {}, .redacted = delta.text});
        break;
      // A call begins with its name; the id that came before goes out with it.
      case Delta::Kind::tool_id: tool_id_ = delta.text; return;
      case Delta::Kind::tool_name: append_tool_start(object, delta); break;
      case Delta::Kind::tool_arguments: append_tool_fragment(object, delta); break;
    }
    object.end();
    append_chunk(out, delta.choice, json);
  }

  static void append_thought(JsonObject& object, const Thought& thought) {
    std::string& blocks = object.open("thinking_blocks");
    blocks += '[';
    append_thinking_block(blocks, thought);
    blocks += ']';
  }

  void append_tool_start(JsonObject& object, const Delta& delta) {
    std::string& calls = object.open("tool_calls");
    calls += '[';
    JsonObject call(calls);
    call.integer("index", delta.tool);
    call.text("id", std::exchange(tool_id_, {}));
    call.text("type", "function");
    JsonObject function(call.open("function"));
    function.text("name", delta.text);
    function.text("arguments", "");
    function.end();
    call.end();
    calls += ']';
  }

  static void append_tool_fragment(JsonObject& object, const Delta& delta) {
    std::string& calls = object.open("tool_calls");
    calls += '[';
    JsonObject call(calls);
    call.integer("index", delta.tool);
    JsonObject function(call.open("function"));
    function.text("arguments", delta.text);
    function.end();
    call.end();
    calls += ']';
  }

  void append_end(std::string& out) const {
    if (usage_asked_ && usage_) {
      out += "data: ";
      JsonObject object(out);
      append_head(object, "chat.completion.chunk");
      object.raw("choices", "[]");
      object.raw("usage", usage_json(*usage_));
      object.end();
      out += "\n\n";
    }
    out += "data: [DONE]\n\n";
  }

  std::string id_, model_, tool_id_;
  std::int64_t created_;
  bool usage_asked_, ended_ = false;
  std::optional<Usage> usage_;
  std::vector<bool> begun_;
};

}  // namespace

std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame) {
  return std::make_unique<Encoder>(frame);
}

}  // namespace plimsoll::dialects::openai_chat
