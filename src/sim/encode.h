#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "sim/ask.h"
#include "sim/decide.h"
#include "sim/performance.h"

namespace plimsoll::sim {

/// Writes what was decided the way OpenAI writes it: chat.completion objects,
/// chat.completion.chunk streams, error objects. Written apart from the gateway's
/// dialects on purpose. Pure; `now` only serves a Retry-After date.
Performance perform(const Ask& ask, const Decision& decision, const Behaviour& behaviour,
                    const Occasion& occasion, WallTime now);

/// An error answer in OpenAI's shape.
struct ApiError {
  int status = 400;
  std::string_view message, type, code;  // an empty code is null
};
std::string error_json(const ApiError& error);
Performance error_performance(const ApiError& error);

}  // namespace plimsoll::sim
