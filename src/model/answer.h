#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/usage.h"

namespace plimsoll {

struct ToolCall {
  std::string id, name, arguments;
  bool operator==(const ToolCall&) const = default;
};

/// finish_reason in our words. `none`: the upstream has not said one.
enum class Finish : unsigned char { none, stop, length, tool_calls, content_filter, other };

/// What a model thought before it answered. A signature proves to its provider
/// that the text is its own; redacted thoughts are only their cipher.
struct Thought {
  std::string text, signature, redacted;
  bool operator==(const Thought&) const = default;
};

struct Choice {
  std::string text;
  std::string refusal;
  std::vector<Thought> thoughts;
  std::vector<ToolCall> tool_calls;
  Finish finish = Finish::none;
  bool operator==(const Choice&) const = default;
};

/// A whole answer, whether it came whole or in pieces.
struct Answer {
  std::string model;  // who the upstream says gave it
  std::vector<Choice> choices;
  std::optional<Usage> usage;
  bool operator==(const Answer&) const = default;
};

}  // namespace plimsoll
