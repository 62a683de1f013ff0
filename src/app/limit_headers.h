#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/dialect.h"
#include "model/trail.h"

namespace plimsoll::app {

/// What a client may know of its limits, in the words of its dialect:
/// `x-ratelimit-remaining-requests` and the like for OpenAI's, with resets as
/// "6m0s"; `anthropic-ratelimit-requests-remaining` and the like for Anthropic's,
/// with resets as instants. Empty when no limit applied to the call.
std::vector<std::pair<std::string, std::string>> limit_headers(const Trail& trail, Dialect dialect);

}  // namespace plimsoll::app
