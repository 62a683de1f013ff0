#include "model/answer_builder.h"

namespace plimsoll {
namespace {

/// Takes over the first piece, so that a text that came whole is never copied.
void append(std::string& to, std::string piece) {
  if (to.empty())
    to = std::move(piece);
  else
    to += piece;
}

/// More than any provider allows for `n` or for parallel calls: an index beyond
/// is an upstream's mistake and must not make us allocate.
constexpr int kIndexMax = 1024;

ToolCall& tool_at(Choice& choice, int index) {
  const auto place = static_cast<std::size_t>(index);
  if (choice.tool_calls.size() <= place) choice.tool_calls.resize(place + 1);
  return choice.tool_calls[place];
}

/// The thought that is being told: a signature or a cipher ends one.
Thought& open_thought(Choice& choice) {
  const bool open = !choice.thoughts.empty() && choice.thoughts.back().signature.empty() &&
                    choice.thoughts.back().redacted.empty();
  return open ? choice.thoughts.back() : choice.thoughts.emplace_back();
}

bool in_bounds(int index) { return index >= 0 && index < kIndexMax; }

}  // namespace

void AnswerBuilder::add(Event event) {
  if (event.whole) {
    answer_ = *std::move(event.whole);
    return;
  }
  if (!event.model.empty()) answer_.model = std::move(event.model);
  if (event.usage) answer_.usage = event.usage;
  for (Delta& delta : event.deltas) add_delta(std::move(delta));
  for (const FinishMark& mark : event.finishes)
    if (in_bounds(mark.choice)) choice(mark.choice).finish = mark.finish;
}

Choice& AnswerBuilder::choice(int index) {
  const auto place = static_cast<std::size_t>(index);
  if (answer_.choices.size() <= place) answer_.choices.resize(place + 1);
  return answer_.choices[place];
}

void AnswerBuilder::add_delta(Delta delta) {
  if (!in_bounds(delta.choice) || !in_bounds(delta.tool)) return;
  Choice& to = choice(delta.choice);
  switch (delta.kind) {
    case Delta::Kind::text: append(to.text, std::move(delta.text)); break;
    case Delta::Kind::refusal: append(to.refusal, std::move(delta.text)); break;
    case Delta::Kind::reasoning: append(open_thought(to).text, std::move(delta.text)); break;
    case Delta::Kind::signature: open_thought(to).signature = std::move(delta.text); break;
    case Delta::Kind::redacted: to.thoughts.push_back({.redacted = std::move(delta.text)}); break;
    // Some servers repeat id and name with every fragment: the last one counts.
    case Delta::Kind::tool_id: tool_at(to, delta.tool).id = std::move(delta.text); break;
    case Delta::Kind::tool_name: tool_at(to, delta.tool).name = std::move(delta.text); break;
    case Delta::Kind::tool_arguments:
      append(tool_at(to, delta.tool).arguments, std::move(delta.text));
      break;
  }
}

}  // namespace plimsoll
