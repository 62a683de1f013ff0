#pragma once

#include <cstdint>
#include <optional>

#include "model/call.h"
#include "ports/timers.h"
#include "tokens/calibration.h"

namespace plimsoll::stages {

/// What counting a prompt needs from outside.
struct Counting {
  ports::Timers& timers;
  tokens::Calibration& calibration;
};

/// The prompt of the call as `model` counts it. Counts in steps of about half a
/// millisecond and lets the loop run between them; stops early, with what was
/// counted so far, once `enough` tokens were found. `model` must live in the
/// call's plan.
///
/// Errors
///   cancelled   the call was cancelled first
[[nodiscard]] Task<Result<PromptTokens>> prompt_tokens(const Call& call, const ModelEntry& model,
                                                       Counting counting,
                                                       std::optional<std::int64_t> enough);

/// The same at once, for settling; a quarter of the bytes for a large request.
std::int64_t prompt_tokens_at_once(const Request& request, const ModelEntry& model,
                                   const tokens::Calibration& calibration);

/// The model that a call tries first; one without a name when it tries none.
const ModelEntry& first_model(const Call& call);

/// True when a request may name something by its address or id instead of holding it,
/// also in a key that is written with escapes. Errs on this side.
bool may_point_elsewhere(std::string_view body) noexcept;

}  // namespace plimsoll::stages
