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

/// Nano-dollars per million tokens.
struct Price {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::optional<std::int64_t> cached_input{};  // absent: as input
  std::optional<std::int64_t> cache_write{};   // absent: as input
  bool operator==(const Price&) const = default;
};

/// What `usage` costs, computed in 128 bits and rounded up once. Saturates.
Money cost_of(const Usage& usage, const Price& price) noexcept;

}  // namespace plimsoll
