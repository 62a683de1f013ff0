#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll::catalogue {

/// One row of the seed list. Prices in nano-dollars per million tokens.
struct Entry {
  std::string_view vendor;  // "openai", "anthropic", "google", "groq", "mistral", "deepseek"
  std::string_view model;   // as the vendor calls it
  std::int64_t input = 0;
  std::int64_t cached_input = -1;  // negative: billed as input
  std::int64_t output = 0;
  std::int64_t output_tokens_max = 0;
};

/// All rows; lives for ever.
std::span<const Entry> seed() noexcept;

}  // namespace plimsoll::catalogue
