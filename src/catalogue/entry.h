#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/usage.h"

namespace plimsoll::catalogue {

/// One model on one vendor's list. Texts live for ever.
struct Entry {
  std::string_view vendor;  // "openai", "anthropic", "google", ...
  std::string_view model;   // as the vendor calls it
  Price price;
  std::int64_t context_tokens_max = 0;  // 0: unknown
  std::int64_t output_tokens_max = 0;   // 0: unknown
  std::string_view can;                 // "tools,vision,...", sorted; "" when nothing is known
  std::string_view since;               // the day this price began, where it is known
  std::string_view from;                // the public catalogue that told it
};

/// All rows, by vendor and model. Read from the program's own data the first time.
/// Thread-safe; lives for ever.
std::span<const Entry> entries();

}  // namespace plimsoll::catalogue
