#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

/// One piece of what was said. Which fields mean something depends on the kind.
struct Part {
  enum class Kind : std::uint8_t {
    text,         // text
    refusal,      // text: what a model said instead of an answer
    image,        // media_type and data, or url
    document,     // media_type and data, or url; name
    thinking,     // text and signature, or data when it was redacted
    tool_use,     // id, name, text: the arguments as JSON
    tool_result,  // id, parts, is_error
  };
  Kind kind = Kind::text;
  std::string text{};
  std::string id{};
  std::string name{};
  std::string media_type{};
  std::string data{};  // base64; what was redacted of a thinking part
  std::string url{};
  std::string signature{};
  std::string cache_control{};  // a JSON value; "" when there was none
  bool is_error = false;
  std::vector<Part> parts{};
};

enum class Role : std::uint8_t { system, user, assistant };

/// What one side said. The results of tools are parts of the user's turn.
struct Turn {
  Role role = Role::user;
  std::vector<Part> parts;
};

struct ToolSpec {
  std::string name, description;
  std::string schema;  // of the arguments, as JSON; "" when there was none
  bool strict = false;
  std::string cache_control;  // a JSON value; "" when there was none
};

struct ToolChoice {
  enum class Mode : std::uint8_t { unset, free, none, required, named };
  Mode mode = Mode::unset;
  std::string name;  // for named
  bool parallel = true;
};

/// What form the answer is to have.
struct AnswerFormat {
  enum class Kind : std::uint8_t { text, json_object, json_schema };
  Kind kind = Kind::text;
  std::string name;
  std::string schema;  // JSON
  std::optional<bool> strict;
};

/// A request in words that every dialect shares. Made only where a client and an
/// upstream speak different ones; between equals the bytes are passed on.
struct Prompt {
  std::vector<Turn> turns;
  std::vector<ToolSpec> tools;
  ToolChoice tool_choice;
  AnswerFormat format;
  bool stream = false;
  std::optional<std::int64_t> output_tokens_max;
  std::optional<double> temperature, top_p;
  std::optional<std::int64_t> top_k;
  std::vector<std::string> stops;
  std::string effort;    // of reasoning: none, minimal, low, medium, high, ...; "" unset
  std::string thinking;  // Anthropic's own setting, as JSON; "" unset
  std::string user;      // an opaque id of the end user
  /// Fields of the request that have no place here, by name.
  std::vector<std::string> dropped;
};

}  // namespace plimsoll
