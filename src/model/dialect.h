#pragma once

#include <cstdint>

namespace plimsoll {

/// A protocol that clients or upstreams speak.
enum class Dialect : std::uint8_t {
  openai_chat,
  openai_responses,
  openai_completions,  // the older kind, passed on only
  openai_embeddings,   // passed on only
  anthropic,
  gemini,  // upstreams only
};

/// True when an event of a stream may follow the events of another answer: chunks
/// of a chat stand for themselves, other events number what they belong to.
constexpr bool events_stand_alone(Dialect dialect) noexcept {
  return dialect == Dialect::openai_chat || dialect == Dialect::openai_completions;
}

/// True when an answer has text that a contract can be about.
constexpr bool answers_in_text(Dialect dialect) noexcept {
  return dialect != Dialect::openai_embeddings;
}

}  // namespace plimsoll
