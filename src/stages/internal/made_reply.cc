#include "stages/internal/made_reply.h"

#include <utility>

#include "stages/internal/held_events.h"

namespace plimsoll::stages {
namespace {

class Deltas {
 public:
  Deltas(std::vector<Delta>& out, int choice) : out_(out), choice_(choice) {}
  void add(Delta::Kind kind, std::string text, int tool = 0) {
    if (!text.empty())
      out_.push_back({.kind = kind, .choice = choice_, .tool = tool, .text = std::move(text)});
  }

 private:
  std::vector<Delta>& out_;
  int choice_;
};

std::vector<Delta> deltas_of(Choice choice, int index) {
  std::vector<Delta> all;
  Deltas deltas(all, index);
  for (Thought& thought : choice.thoughts) {
    deltas.add(Delta::Kind::reasoning, std::move(thought.text));
    deltas.add(Delta::Kind::signature, std::move(thought.signature));
    deltas.add(Delta::Kind::redacted, std::move(thought.redacted));
  }
  deltas.add(Delta::Kind::text, std::move(choice.text));
  deltas.add(Delta::Kind::refusal, std::move(choice.refusal));
  int tool = 0;
  for (ToolCall& call : choice.tool_calls) {
    deltas.add(Delta::Kind::tool_id, std::move(call.id), tool);
    deltas.add(Delta::Kind::tool_name, std::move(call.name), tool);
    deltas.add(Delta::Kind::tool_arguments, std::move(call.arguments), tool);
    ++tool;
  }
  return all;
}

std::vector<Event> stream_of(Answer answer) {
  std::vector<Event> events;
  int index = 0;
  for (Choice& choice : answer.choices) {
    const Finish finish = choice.finish == Finish::none ? Finish::stop : choice.finish;
    Event content{.kind = Event::Kind::chunk, .model = answer.model};
    content.deltas = deltas_of(std::move(choice), index);
    if (!content.deltas.empty()) events.push_back(std::move(content));
    Event end{.kind = Event::Kind::chunk, .model = answer.model};
    end.finishes.push_back({.choice = index, .finish = finish});
    events.push_back(std::move(end));
    ++index;
  }
  if (answer.usage)
    events.push_back(
        {.kind = Event::Kind::usage, .usage = answer.usage, .model = std::move(answer.model)});
  return events;
}

}  // namespace

Reply reply_of(Answer answer, bool streamed) {
  Reply reply{.streamed = streamed};
  std::vector<Event> events;
  if (streamed) {
    events = stream_of(std::move(answer));
  } else {
    Event whole{.kind = Event::Kind::whole, .usage = answer.usage, .model = answer.model};
    whole.whole = std::move(answer);
    events.push_back(std::move(whole));
  }
  reply.events = std::make_unique<HeldEvents>(std::move(events), nullptr);
  return reply;
}

}  // namespace plimsoll::stages
