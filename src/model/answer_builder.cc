#include "model/answer_builder.h"

namespace plimsoll {
namespace {

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

void AnswerBuilder::add(const Event& event) {
  if (event.whole) {
    answer_ = *event.whole;
    return;
  }
  if (!event.model.empty()) answer_.model = event.model;
  if (event.usage) answer_.usage = event.usage;
  for (const Delta& delta : event.deltas) add_delta(delta);
  for (const FinishMark& mark : event.finishes)
    if (in_bounds(mark.choice)) choice(mark.choice).finish = mark.finish;
}

Choice& AnswerBuilder::choice(int index) {
  const auto place = static_cast<std::size_t>(index);
  if (answer_.choices.size() <= place) answer_.choices.resize(place + 1);
  return answer_.choices[place];
}

void AnswerBuilder::add_delta(const Delta& delta) {
  if (!in_bounds(delta.choice) || !in_bounds(delta.tool)) return;
  Choice& to = choice(delta.choice);
  switch (delta.kind) {
    case Delta::Kind::text: to.text += delta.text; break;
    case Delta::Kind::refusal: to.refusal += delta.text; break;
    case Delta::Kind::reasoning: open_thought(to).text += delta.text; break;
    case Delta::Kind::signature: open_thought(to).signature = delta.text; break;
    case Delta::Kind::redacted: to.thoughts.push_back({.redacted = delta.text}); break;
    // Some servers repeat id and name with every fragment: the last one counts.
    case Delta::Kind::tool_id: tool_at(to, delta.tool).id = delta.text; break;
    case Delta::Kind::tool_name: tool_at(to, delta.tool).name = delta.text; break;
    case Delta::Kind::tool_arguments: tool_at(to, delta.tool).arguments += delta.text; break;
  }
}

}  // namespace plimsoll
