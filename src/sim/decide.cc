#include "sim/decide.h"

#include <algorithm>
#include <numeric>

#include "sim/invent.h"
#include "sim/pieces.h"

namespace plimsoll::sim {
namespace {

/// The entry on which a throw lands; 0, the faultless one, gets what is left.
template <std::size_t N>
std::size_t thrown(const std::array<double, N>& rates, Dice dice) {
  double left = dice.unit();
  for (std::size_t i = 1; i < N; ++i) {
    left -= rates[i];
    if (left < 0) return i;
  }
  return 0;
}

ToolCall invent_call(const Ask& ask, Dice dice) {
  const auto forced = std::ranges::find(ask.tools, ask.tool_forced, &Tool::name);
  const Tool& tool = forced != ask.tools.end() ? *forced : ask.tools[dice.below(ask.tools.size())];
  return {.name = tool.name, .arguments = invent_json(tool.parameters, dice)};
}

std::string invent_answer(const Behaviour& behaviour, const Ask& ask, Dice dice) {
  if (ask.shape == Ask::Shape::json_schema) return invent_json(ask.schema, dice);
  std::string text = invent_text(std::max<std::size_t>(1, behaviour.tokens.draw_count(dice)), dice);
  if (ask.shape == Ask::Shape::json_object) return "{\"answer\":\"" + text + "\"}";
  return text;
}

struct Author {
  const Behaviour& behaviour;
  const GoldenSet& golden;
  const Ask& ask;
  const Occasion& occasion;

  Choice choice(std::uint64_t index) const;

 private:
  void answer_golden(Choice& choice, const GoldenCase& asked, std::uint64_t index) const;
  void spoil_choice(Choice& choice, std::uint64_t index) const;
  void keep_to_limit(Choice& choice) const;
};

void Author::answer_golden(Choice& choice, const GoldenCase& asked, std::uint64_t index) const {
  choice.text = asked.expected;
  choice.worth = Worth::correct;
  if (occasion.dice("accuracy", index).chance(behaviour.accuracy)) return;
  const std::string_view wrong = golden.wrong_answer(asked, occasion.dice("wrong", index));
  choice.worth = Worth::incorrect;
  choice.text = wrong.empty() ? invent_text(6, occasion.dice("wrong", index)) : std::string(wrong);
}

void Author::spoil_choice(Choice& choice, std::uint64_t index) const {
  choice.flaw = static_cast<Flaw>(thrown(behaviour.flaws, occasion.dice("flaw", index)));
  if (choice.flaw == Flaw::none) return;
  choice.worth = Worth::invalid;
  const Dice dice = occasion.dice("spoil", index);
  if (choice.flaw == Flaw::refusal) {
    choice.text = invent_refusal(dice);
    choice.refused = ask.shape == Ask::Shape::json_schema;
  } else if (choice.flaw == Flaw::truncated) {
    choice.text = std::string(first_tokens(choice.text, tokens_of(choice.text) / 2));
    choice.finish = "length";
  } else {
    choice.text = spoil(choice.text, choice.flaw, dice);
  }
}

void Author::keep_to_limit(Choice& choice) const {
  if (!ask.tokens_max || tokens_of(choice.text) <= *ask.tokens_max) return;
  choice.text = std::string(first_tokens(choice.text, *ask.tokens_max));
  choice.finish = "length";
}

Choice Author::choice(std::uint64_t index) const {
  Choice choice;
  if (ask.must_call_tool) {
    choice.tool = invent_call(ask, occasion.dice("tool", index));
    choice.finish = "tool_calls";
    return choice;
  }
  if (const GoldenCase* asked = golden.find(ask.user_turns)) {
    answer_golden(choice, *asked, index);
  } else {
    choice.text = invent_answer(behaviour, ask, occasion.dice("answer", index));
  }
  spoil_choice(choice, index);
  keep_to_limit(choice);
  return choice;
}

std::chrono::nanoseconds draw_wait(const Behaviour& behaviour, const Ask& ask, Fate fate,
                                   Dice dice) {
  const bool streams = ask.stream && gives_answer(fate);
  const Spread& spread =
      streams ? behaviour.first_token.value_or(behaviour.latency) : behaviour.latency;
  return spread.draw_time(dice);
}

std::size_t draw_cut(const Behaviour& behaviour, const Decision& decision, Dice dice) {
  if (behaviour.cut_at) return *behaviour.cut_at;
  const std::size_t tokens = decision.completion_tokens();
  return tokens < 2 ? 0 : 1 + dice.below(tokens - 1);
}

}  // namespace

std::string_view to_string(Worth worth) noexcept {
  static constexpr std::string_view kNames[] = {"unjudged", "correct", "incorrect", "invalid"};
  return kNames[static_cast<std::size_t>(worth)];
}

bool gives_answer(Fate fate) noexcept { return fate == Fate::answer || fate >= Fate::cut_reset; }

std::size_t tokens_of(const Choice& choice) noexcept {
  if (!choice.tool) return tokens_of(choice.text);
  return tokens_of(choice.tool->name) + tokens_of(choice.tool->arguments);
}

std::size_t Decision::completion_tokens() const noexcept {
  std::size_t sum = 0;
  for (const Choice& choice : choices) sum += tokens_of(choice);
  return sum;
}

Decision decide(const Behaviour& behaviour, const GoldenSet& golden, const Ask& ask,
                const Occasion& occasion) {
  Decision decision;
  decision.key = occasion.key();
  decision.fate = static_cast<Fate>(thrown(behaviour.faults, occasion.dice("fate")));
  decision.wait = draw_wait(behaviour, ask, decision.fate, occasion.dice("wait"));
  decision.retry_after = behaviour.retry_after;
  decision.retry_after_wait = behaviour.retry_after_wait;
  if (!gives_answer(decision.fate)) return decision;
  const Author author{behaviour, golden, ask, occasion};
  for (int i = 0; i < ask.choices; ++i) {
    decision.choices.push_back(author.choice(static_cast<std::uint64_t>(i)));
  }
  decision.cut_token = draw_cut(behaviour, decision, occasion.dice("cut"));
  return decision;
}

}  // namespace plimsoll::sim
