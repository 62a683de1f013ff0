#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"

/// How a response, whole or a piece of a stream, is read.
namespace plimsoll::dialects::gemini {

/// Fills an event with what one response object brings. `tools` counts the calls
/// of the answer so far. Says whether a reason to finish was named.
///
/// Errors
///   upstream_malformed   neither candidates, nor a blocked prompt, nor usage
///   reply_invalid        the model called its tools in a wrong way
[[nodiscard]] Result<bool> read_response(const json::Value& root, Event& event, int& tools);

}  // namespace plimsoll::dialects::gemini
