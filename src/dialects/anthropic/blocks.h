#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/event.h"

/// How the parts of messages are read, for whole and streamed answers alike.
namespace plimsoll::dialects::anthropic {

/// A limit on the indexes that an upstream names, so that it cannot make us allocate.
inline constexpr int kBlockIndexMax = 1023;

/// Adds what a `usage` object says to `usage`; a field that it does not name stays
/// as it was. True when it named any. Ours includes what was read from a cache and
/// written to it, Anthropic's does not.
bool merge_usage(Usage& usage, const json::Value& object);

/// Finish::none for null, absent or empty.
Finish finish_of(std::optional<std::string_view> reason) noexcept;

/// The explanation of a refusal that `stop_details` of `object` gives, or "".
std::string_view refusal_of(const json::Value& object);

/// Appends a delta unless `text` is empty.
void append_delta(std::vector<Delta>& out, Delta::Kind kind, std::string_view text, int tool = 0);

}  // namespace plimsoll::dialects::anthropic
