#pragma once

#include <cstdint>

namespace plimsoll {

/// A protocol that clients or upstreams speak.
enum class Dialect : std::uint8_t { openai_chat, openai_responses, anthropic };

/// True when an event of a stream may follow the events of another answer: chunks
/// of a chat stand for themselves, other events number what they belong to.
constexpr bool events_stand_alone(Dialect dialect) noexcept {
  return dialect == Dialect::openai_chat;
}

}  // namespace plimsoll
