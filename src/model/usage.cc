#include "model/usage.h"

#include <algorithm>
#include <limits>

namespace plimsoll {

Money cost_of(const Usage& usage, const Price& price) noexcept {
  __extension__ using Wide = __int128;
  constexpr Wide kPerMillion = 1'000'000;
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input, 0, usage.input);
  const std::int64_t written =
      std::clamp<std::int64_t>(usage.cache_write_input, 0, usage.input - cached);
  const Wide total = Wide{usage.input - cached - written} * price.input +
                     Wide{written} * price.cache_write.value_or(price.input) +
                     Wide{cached} * price.cached_input.value_or(price.input) +
                     Wide{usage.output} * price.output;
  const Wide nanos = (total + kPerMillion - 1) / kPerMillion;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::min(nanos, kMost))};
}

}  // namespace plimsoll
