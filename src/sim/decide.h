#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ask.h"
#include "sim/dice.h"
#include "sim/golden.h"
#include "sim/profile.h"

namespace plimsoll::sim {

/// What an answer is worth, measured against the golden set.
enum class Worth : std::uint8_t {
  unjudged,   // no golden case asks this, and nothing was done to the answer
  correct,    // the expected answer
  incorrect,  // another case's answer
  invalid,    // spoiled: see `flaw`
};
std::string_view to_string(Worth worth) noexcept;

struct ToolCall {
  std::string name, arguments;
};

/// One of the `n` answers.
struct Choice {
  std::string text;                // also the refusal, when `refused`
  bool refused = false;            // goes to the `refusal` field
  std::optional<ToolCall> tool{};  // instead of text
  std::string_view finish = "stop";
  Worth worth = Worth::unjudged;
  Flaw flaw = Flaw::none;
};

/// Everything that will happen to one request, before anything has.
struct Decision {
  Fate fate = Fate::answer;
  std::vector<Choice> choices{};    // empty for fates that answer nothing
  std::chrono::nanoseconds wait{};  // before the first byte
  std::size_t cut_token = 0;        // for fates that end a stream early
  RetryAfter retry_after = RetryAfter::none;
  std::chrono::nanoseconds retry_after_wait{};
  std::uint64_t key = 0;  // names ids; the same for the same occasion
  std::size_t completion_tokens() const noexcept;
};

/// Decides by the rule of Occasion. Pure.
Decision decide(const Behaviour& behaviour, const GoldenSet& golden, const Ask& ask,
                const Occasion& occasion);

/// The tokens of one choice: its text, or its tool's name and arguments.
std::size_t tokens_of(const Choice& choice) noexcept;

/// True for fates that send (a part of) an answer.
bool gives_answer(Fate fate) noexcept;

}  // namespace plimsoll::sim
