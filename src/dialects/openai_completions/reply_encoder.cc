#include "dialects/json_object.h"
#include "dialects/openai_chat/answer_fields.h"
#include "dialects/openai_completions/openai_completions.h"

namespace plimsoll::dialects::openai_completions {
namespace {

/// Writes what others say, or what is left of an event, in this dialect's words.
class Encoder final : public ReplyEncoder {
 public:
  explicit Encoder(const ReplyFrame& frame)
      : id_("cmpl-" + std::string(frame.call_id)),
        created_(frame.created),
        usage_asked_(frame.usage_asked) {}

  void append(std::string& out, const Event& event) override {
    if (!event.model.empty()) model_ = event.model;
    if (event.usage) usage_ = event.usage;
    if (event.kind == Event::Kind::whole && event.whole) return append_whole(out, *event.whole);
    if (event.kind == Event::Kind::comment) out += ":\n\n";
    for (const Delta& delta : event.deltas)
      if (delta.kind == Delta::Kind::text)
        append_chunk(out, delta.choice, delta.text, Finish::none);
    for (const FinishMark& mark : event.finishes) append_chunk(out, mark.choice, "", mark.finish);
    if (event.kind == Event::Kind::done) end(out);
  }

  void end(std::string& out) override {
    if (std::exchange(ended_, true)) return;
    if (usage_asked_ && usage_) {
      out += "data: ";
      JsonObject object(out);
      append_head(object);
      object.raw("choices", "[]");
      object.raw("usage", openai_chat::usage_json(*usage_));
      object.end();
      out += "\n\n";
    }
    out += "data: [DONE]\n\n";
  }

 private:
  void append_head(JsonObject& object) const {
    object.text("id", id_);
    object.text("object", "text_completion");
    object.integer("created", created_);
    object.text("model", model_);
  }

  static void append_choice(std::string& out, std::int64_t index, std::string_view text,
                            Finish finish) {
    JsonObject choice(next_item(out));
    choice.text("text", text);
    choice.integer("index", index);
    choice.raw("logprobs", "null");
    if (finish == Finish::none)
      choice.raw("finish_reason", "null");
    else
      choice.text("finish_reason", openai_chat::word_of(finish));
    choice.end();
  }

  void append_whole(std::string& out, const Answer& answer) const {
    JsonObject object(out);
    append_head(object);
    std::string& choices = object.open("choices");
    choices += '[';
    std::int64_t index = 0;
    for (const Choice& choice : answer.choices)
      append_choice(choices, index++, choice.text, choice.finish);
    choices += ']';
    if (answer.usage) object.raw("usage", openai_chat::usage_json(*answer.usage));
    object.end();
  }

  void append_chunk(std::string& out, int index, std::string_view text, Finish finish) const {
    out += "data: ";
    JsonObject object(out);
    append_head(object);
    std::string& choices = object.open("choices");
    choices += '[';
    append_choice(choices, index, text, finish);
    choices += ']';
    object.end();
    out += "\n\n";
  }

  std::string id_, model_;
  std::int64_t created_;
  bool usage_asked_, ended_ = false;
  std::optional<Usage> usage_;
};

}  // namespace

std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame) {
  return std::make_unique<Encoder>(frame);
}

}  // namespace plimsoll::dialects::openai_completions
