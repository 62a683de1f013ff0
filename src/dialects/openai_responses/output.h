#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/answer.h"
#include "model/event.h"

/// How the parts of responses are read, for whole and streamed answers alike.
namespace plimsoll::dialects::openai_responses {

/// A limit on the indexes that an upstream names, so that it cannot make us allocate.
inline constexpr int kItemIndexMax = 1023;

/// `usage` of a response; empty when there is none or it holds no counts.
std::optional<Usage> usage_in(const json::Value& response);

/// How a response ended: Finish::none while it has not.
Finish finish_of(const json::Value& response);

/// The deltas that a whole output item brings, as those of its stream would;
/// `tool` is the index that a call gets.
void append_item(std::vector<Delta>& out, const json::Value& item, int tool);

/// Appends a delta unless `text` is empty.
void append_delta(std::vector<Delta>& out, Delta::Kind kind, std::string_view text, int tool = 0);

/// What proves the thought of a reasoning item, where it was sealed here.
void append_proof(std::vector<Delta>& out, const json::Value& item);

}  // namespace plimsoll::dialects::openai_responses
