#pragma once

#include <string_view>

#include "model/plan.h"

namespace plimsoll::providers {

/// What servers of OpenAI's shape do differently from it. What the one-pager says of
/// a provider wins.
struct Habits {
  OutputLimitField output_limit_field = OutputLimitField::max_completion_tokens;
  /// Takes stream_options, without which most streams bring no usage; where it is
  /// refused, usage comes unasked.
  bool takes_stream_options = true;
};

/// Told by the host of `base_url`; OpenAI's own for hosts that nobody here knows.
Habits habits_of(std::string_view base_url) noexcept;

}  // namespace plimsoll::providers
