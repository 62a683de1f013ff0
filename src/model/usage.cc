#include "model/usage.h"

#include <algorithm>
#include <limits>

namespace plimsoll {

namespace {

__extension__ using Wide = __int128;

/// Token-prices of one list: nano-dollars per million tokens times tokens.
template <class Prices>
Wide total_of(const Usage& usage, const Prices& price) noexcept {
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input, 0, usage.input);
  const std::int64_t written =
      std::clamp<std::int64_t>(usage.cache_write_input, 0, usage.input - cached);
  return Wide{usage.input - cached - written} * price.input +
         Wide{written} * price.cache_write.value_or(price.input) +
         Wide{cached} * price.cached_input.value_or(price.input) +
         Wide{usage.output} * price.output;
}

}  // namespace

Money cost_of(const Usage& usage, const Price& price) noexcept {
  constexpr Wide kPerMillion = 1'000'000;
  const bool is_long = price.long_prompt && usage.input > price.long_prompt->above;
  const Wide total = is_long ? total_of(usage, *price.long_prompt) : total_of(usage, price);
  const Wide nanos = (total + kPerMillion - 1) / kPerMillion;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::min(nanos, kMost))};
}

}  // namespace plimsoll
