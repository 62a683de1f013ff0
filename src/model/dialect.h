#pragma once

#include <cstdint>

namespace plimsoll {

/// A protocol that clients or upstreams speak.
enum class Dialect : std::uint8_t { openai_chat, anthropic };

}  // namespace plimsoll
