#pragma once

#include <cstdint>
#include <optional>

#include "base/money.h"

namespace plimsoll {

/// Tokens of one attempt. `input` includes those read from and written to a
/// cache; `output` includes the reasoning ones (OpenAI's meaning of prompt_tokens
/// and completion_tokens).
struct Usage {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cached_input = 0;
  std::int64_t reasoning_output = 0;
  std::int64_t cache_write_input = 0;
  bool operator==(const Usage&) const = default;
};

/// What a prompt counts, before it is sent.
struct PromptTokens {
  std::int64_t tokens = 0;       // as the provider will count it, as well as we can tell
  std::int64_t at_most = 0;      // a bound for reservations: never fewer than `tokens`
  std::int64_t uncorrected = 0;  // `tokens` before what was billed earlier corrected them
  bool exact = false;            // texts were counted in the model's own vocabulary
  bool operator==(const PromptTokens&) const = default;
};

/// What a prompt of more than `above` tokens costs, all of it. Nano-dollars per
/// million tokens.
struct LongPromptPrice {
  std::int64_t above = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::optional<std::int64_t> cached_input{};  // absent: as input
  std::optional<std::int64_t> cache_write{};   // absent: as input
  bool operator==(const LongPromptPrice&) const = default;
};

/// Nano-dollars per million tokens.
struct Price {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::optional<std::int64_t> cached_input{};  // absent: as input
  std::optional<std::int64_t> cache_write{};   // absent: as input
  std::optional<LongPromptPrice> long_prompt{};
  bool operator==(const Price&) const = default;
};

/// What `usage` costs, computed in 128 bits and rounded up once. Saturates.
Money cost_of(const Usage& usage, const Price& price) noexcept;

}  // namespace plimsoll
