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
    case Delta::Kind::reasoning:
      break;  // not part of the answer
    // Some servers repeat id and name with every fragment: the last one counts.
    case Delta::Kind::tool_id: tool_at(to, delta.tool).id = delta.text; break;
    case Delta::Kind::tool_name: tool_at(to, delta.tool).name = delta.text; break;
    case Delta::Kind::tool_arguments: tool_at(to, delta.tool).arguments += delta.text; break;
  }
}

}  // namespace plimsoll
