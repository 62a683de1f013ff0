#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sim/dice.h"
#include "sim/profile.h"

namespace plimsoll::sim {

/// English-looking text of exactly `tokens` tokens (tokens_of).
std::string invent_text(std::size_t tokens, Dice dice);

/// A JSON value that `schema` allows: every property present, enums and consts
/// obeyed, lengths and minima met, local `$ref`s followed. What it does not know
/// (patterns, formats, if/then) it ignores. Nesting is cut at 16. "{}" when
/// `schema` is not JSON.
std::string invent_json(std::string_view schema, Dice dice);

/// `answer` with one thing wrong with it. `flaw` must not be `none`, and
/// `truncated` and `refusal` are the caller's, who also owns the finish reason.
std::string spoil(std::string_view answer, Flaw flaw, Dice dice);

/// A sentence that refuses.
std::string invent_refusal(Dice dice);

}  // namespace plimsoll::sim
