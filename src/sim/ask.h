#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll::sim {

struct Tool {
  std::string name;
  std::string parameters;  // a JSON schema; "" when none was given
};

/// What the simulator reads of a chat completion request. Owns its texts.
struct Ask {
  enum class Shape : std::uint8_t { text, json_object, json_schema };
  static constexpr int kChoicesMax = 128;

  std::string model;
  std::vector<std::string> user_turns;  // texts of the user messages, the last one first
  std::size_t prompt_tokens = 0;        // by tokens_of, over the texts of all messages
  bool stream = false, include_usage = false;
  int choices = 1;  // `n`, 1 to kChoicesMax
  std::optional<std::size_t> tokens_max;
  std::vector<Tool> tools;
  bool must_call_tool = false;
  std::string tool_forced;  // the tool that tool_choice names
  Shape shape = Shape::text;
  std::string schema;  // of json_schema

  std::string_view prompt() const noexcept {
    return user_turns.empty() ? std::string_view() : std::string_view(user_turns.front());
  }
};

/// The token rule of the simulator: four bytes of UTF-8 are a token, rounded up.
constexpr std::size_t tokens_of(std::string_view text) noexcept { return (text.size() + 3) / 4; }

/// Reads the body of POST /v1/chat/completions.
///
/// Errors
///   request_invalid   not JSON, or a field that OpenAI would refuse too
[[nodiscard]] Result<Ask> read_ask(std::string_view body);

}  // namespace plimsoll::sim
