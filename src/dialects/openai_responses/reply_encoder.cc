// What is written (OpenAI's document):
//   whole  = Response
//   stream = response.created response.in_progress *( item's events )
//            response.completed / response.incomplete
// Every event is numbered and names its item. Calls may arrive interleaved and are
// written so: each fragment names its call.
#include <fmt/format.h>

#include "dialects/json_object.h"
#include "dialects/openai_responses/openai_responses.h"
#include "dialects/openai_responses/response_object.h"

namespace plimsoll::dialects::openai_responses {
namespace {

using Kind = OutputItem::Kind;

/// One event on its way: its name and number are written, its members follow.
class Line : public JsonObject {
 public:
  Line(std::string& out, std::string_view type, std::int64_t number)
      : JsonObject(begun(out, type)), out_(out) {
    text("type", type);
    integer("sequence_number", number);
  }
  void close() {
    end();
    out_ += "\n\n";
  }

 private:
  static std::string& begun(std::string& out, std::string_view type) {
    out += "event: ";
    out += type;
    out += "\ndata: ";
    return out;
  }
  std::string& out_;
};

std::string_view reason_of(Finish finish) {
  if (finish == Finish::length) return "max_output_tokens";
  return finish == Finish::content_filter ? "content_filter" : "";
}

class Encoder final : public ReplyEncoder {
 public:
  explicit Encoder(const ReplyFrame& frame)
      : call_id_(frame.call_id),
        id_("resp_" + call_id_),
        model_(frame.request != nullptr ? frame.request->model : ""),
        created_(frame.created),
        echo_(echo_of(frame.request)) {}

  void append(std::string& out, const Event& event) override {
    if (!event.model.empty()) model_ = event.model;
    if (event.usage) usage_ = event.usage;
    if (event.kind == Event::Kind::whole && event.whole) return append_whole(out, *event.whole);
    if (event.kind == Event::Kind::comment) out += ":\n\n";
    for (const Delta& delta : event.deltas)
      if (delta.choice == 0) append_delta(out, delta);
    for (const FinishMark& mark : event.finishes)
      if (mark.choice == 0) finish_ = mark.finish;
    if (event.kind == Event::Kind::done) end(out);
  }

  void end(std::string& out) override {
    if (!std::exchange(ended_, true)) append_end(out);
  }

  std::int64_t frames() const noexcept override { return number_; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void append_whole(std::string& out, const Answer& answer) {
    const Choice none;
    const Choice& choice = answer.choices.empty() ? none : answer.choices.front();
    finish_ = choice.finish;
    for (const Thought& thought : choice.thoughts) new_item(Kind::reasoning).thought = thought;
    if (!choice.text.empty()) new_item(Kind::message).said.push_back({.text = choice.text});
    if (!choice.refusal.empty()) {
      OutputItem& item = choice.text.empty() ? new_item(Kind::message) : items_.back();
      item.said.push_back({.refusal = true, .text = choice.refusal});
    }
    for (const ToolCall& call : choice.tool_calls) {
      OutputItem& item = new_item(Kind::call);
      item.call = call;
      if (call.arguments.empty()) item.call.arguments = kNoArguments;
      name_call(item);
    }
    append_object(out, end_status());
  }

  OutputItem& new_item(Kind kind) {
    const std::string_view prefix = kind == Kind::message     ? "msg"
                                    : kind == Kind::reasoning ? "rs"
                                                              : "fc";
    return items_.emplace_back(
        OutputItem{.kind = kind, .id = fmt::format("{}_{}_{}", prefix, call_id_, items_.size())});
  }

  /// A result must be able to name its call.
  void name_call(OutputItem& item) const {
    if (item.call.id.empty()) item.call.id = fmt::format("call_{}_{}", call_id_, items_.size());
  }

  /// Clients parse the arguments; a call without any has an empty object.
  static constexpr std::string_view kNoArguments = "{}";

  std::string_view end_status() const {
    return reason_of(finish_).empty() ? "completed" : "incomplete";
  }

  void append_object(std::string& out, std::string_view status) const {
    std::string output = "[";
    for (const OutputItem& item : items_) append_item(next_item(output), item, status);
    output += ']';
    ResponseState state{.id = id_, .model = model_, .created = created_, .status = status};
    if (status == "incomplete") state.incomplete_reason = reason_of(finish_);
    if (status != "in_progress") state.usage = usage_;
    append_response(out, state, output, echo_);
  }

  void append_state(std::string& out, std::string_view type, std::string_view status) {
    Line line(out, type, number_++);
    append_object(line.open("response"), status);
    line.close();
  }

  void begin(std::string& out) {
    if (std::exchange(begun_, true)) return;
    append_state(out, "response.created", "in_progress");
    append_state(out, "response.in_progress", "in_progress");
  }

  void append_delta(std::string& out, const Delta& delta) {
    begin(out);
    switch (delta.kind) {
      case Delta::Kind::text: add_said(out, false, delta.text); break;
      case Delta::Kind::refusal: add_said(out, true, delta.text); break;
      case Delta::Kind::reasoning: add_thought(out, delta.text); break;
      case Delta::Kind::signature:
        if (reasoning_ == kNone) open(out, Kind::reasoning);
        items_[reasoning_].thought.signature = delta.text;
        close(out, reasoning_);
        break;
      case Delta::Kind::redacted:
        close(out, reasoning_);
        open(out, Kind::reasoning);
        items_[reasoning_].thought.redacted = delta.text;
        close(out, reasoning_);
        break;
      // A call begins with its name; the id that came before goes out with it.
      case Delta::Kind::tool_id:
        if (call_at(delta.tool) == kNone) pending_id_ = delta.text;
        break;
      case Delta::Kind::tool_name: add_call(out, delta.tool, delta.text); break;
      case Delta::Kind::tool_arguments: add_arguments(out, delta); break;
    }
  }

  /// The item that is open as the current one of its kind.
  std::size_t& slot(Kind kind) { return kind == Kind::message ? message_ : reasoning_; }

  /// Begins an item; what was said or thought before it is complete.
  void open(std::string& out, Kind kind) {
    close(out, message_);
    close(out, reasoning_);
    new_item(kind);
    if (kind != Kind::call) slot(kind) = items_.size() - 1;
    if (kind != Kind::call) append_added(out, items_.size() - 1);
  }

  void append_added(std::string& out, std::size_t index) {
    Line line(out, "response.output_item.added", number_++);
    line.integer("output_index", static_cast<std::int64_t>(index));
    append_item(line.open("item"), items_[index], "in_progress");
    line.close();
  }

  /// An event of an item, up to the members that only it has.
  Line line_of(std::string& out, std::string_view type, std::size_t index) {
    Line line(out, type, number_++);
    line.text("item_id", items_[index].id);
    line.integer("output_index", static_cast<std::int64_t>(index));
    return line;
  }

  Line part_line(std::string& out, std::string_view type, std::size_t index) {
    Line line = line_of(out, type, index);
    line.integer("content_index", static_cast<std::int64_t>(items_[index].said.size()) - 1);
    return line;
  }

  void add_said(std::string& out, bool refusal, std::string_view text) {
    if (message_ == kNone) open(out, Kind::message);
    std::vector<SaidPart>& said = items_[message_].said;
    if (said.empty() || said.back().refusal != refusal) {
      end_part(out, message_);
      said.push_back({.refusal = refusal, .text = {}});
      Line line = part_line(out, "response.content_part.added", message_);
      append_part(line.open("part"), said.back());
      line.close();
    }
    said.back().text += text;
    Line line =
        part_line(out, refusal ? "response.refusal.delta" : "response.output_text.delta", message_);
    line.text("delta", text);
    if (!refusal) line.raw("logprobs", "[]");
    line.close();
  }

  void end_part(std::string& out, std::size_t index) {
    if (items_[index].said.empty()) return;
    const SaidPart& part = items_[index].said.back();
    Line text =
        part_line(out, part.refusal ? "response.refusal.done" : "response.output_text.done", index);
    text.text(part.refusal ? "refusal" : "text", part.text);
    if (!part.refusal) text.raw("logprobs", "[]");
    text.close();
    Line line = part_line(out, "response.content_part.done", index);
    append_part(line.open("part"), part);
    line.close();
  }

  void append_summary_part(std::string& out, std::string_view type, std::string_view text) {
    Line line = line_of(out, type, reasoning_);
    line.integer("summary_index", 0);
    JsonObject part(line.open("part"));
    part.text("type", "summary_text");
    part.text("text", text);
    part.end();
    line.close();
  }

  void add_thought(std::string& out, std::string_view text) {
    if (reasoning_ == kNone) open(out, Kind::reasoning);
    std::string& thought = items_[reasoning_].thought.text;
    if (thought.empty()) append_summary_part(out, "response.reasoning_summary_part.added", "");
    thought += text;
    Line line = line_of(out, "response.reasoning_summary_text.delta", reasoning_);
    line.integer("summary_index", 0);
    line.text("delta", text);
    line.close();
  }

  void end_thought(std::string& out) {
    const std::string& text = items_[reasoning_].thought.text;
    if (text.empty()) return;
    Line line = line_of(out, "response.reasoning_summary_text.done", reasoning_);
    line.integer("summary_index", 0);
    line.text("text", text);
    line.close();
    append_summary_part(out, "response.reasoning_summary_part.done", text);
  }

  std::size_t& call_at(int tool) {
    const auto place = static_cast<std::size_t>(tool);
    if (calls_.size() <= place) calls_.resize(place + 1, kNone);
    return calls_[place];
  }

  void add_call(std::string& out, int tool, std::string_view name) {
    if (call_at(tool) != kNone) return;  // a few servers repeat it with every fragment
    open(out, Kind::call);
    call_at(tool) = items_.size() - 1;
    OutputItem& item = items_.back();
    item.call = {.id = std::exchange(pending_id_, {}), .name = std::string(name), .arguments = {}};
    name_call(item);
    append_added(out, items_.size() - 1);
  }

  void add_arguments(std::string& out, const Delta& delta) {
    add_call(out, delta.tool, "");
    append_arguments(out, call_at(delta.tool), delta.text);
  }

  void append_arguments(std::string& out, std::size_t index, std::string_view text) {
    items_[index].call.arguments += text;
    Line line = line_of(out, "response.function_call_arguments.delta", index);
    line.text("delta", text);
    line.close();
  }

  void end_call(std::string& out, std::size_t index) {
    const OutputItem& item = items_[index];
    if (item.call.arguments.empty()) append_arguments(out, index, kNoArguments);
    Line line = line_of(out, "response.function_call_arguments.done", index);
    line.text("name", item.call.name);
    line.text("arguments", item.call.arguments);
    line.close();
  }

  /// Ends the item, unless none is meant or it has ended.
  void close(std::string& out, std::size_t index) {
    if (index == kNone || std::exchange(items_[index].done, true)) return;
    switch (items_[index].kind) {
      case Kind::message: end_part(out, index); break;
      case Kind::reasoning: end_thought(out); break;
      case Kind::call: end_call(out, index); break;
    }
    if (items_[index].kind != Kind::call) slot(items_[index].kind) = kNone;
    Line line(out, "response.output_item.done", number_++);
    line.integer("output_index", static_cast<std::int64_t>(index));
    append_item(line.open("item"), items_[index], end_status());
    line.close();
  }

  void append_end(std::string& out) {
    begin(out);
    for (std::size_t index = 0; index < items_.size(); ++index) close(out, index);
    const std::string_view status = end_status();
    append_state(out, status == "completed" ? "response.completed" : "response.incomplete", status);
  }

  std::string call_id_, id_, model_, pending_id_;
  std::int64_t created_;
  std::string echo_;
  std::optional<Usage> usage_;
  Finish finish_ = Finish::none;
  std::vector<OutputItem> items_;
  std::size_t message_ = kNone, reasoning_ = kNone;  // that are open
  std::vector<std::size_t> calls_;                   // the item of each tool call
  std::int64_t number_ = 0;
  bool begun_ = false, ended_ = false;
};

}  // namespace

std::unique_ptr<ReplyEncoder> reply_encoder(const ReplyFrame& frame) {
  return std::make_unique<Encoder>(frame);
}

}  // namespace plimsoll::dialects::openai_responses
