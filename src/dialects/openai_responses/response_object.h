#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/codec.h"
#include "model/answer.h"

/// How responses and their items are written.
namespace plimsoll::dialects::openai_responses {

/// A piece of what a message says.
struct SaidPart {
  bool refusal = false;
  std::string text;
};

/// One item of an answer's output, while it grows and when it is whole.
struct OutputItem {
  enum class Kind : std::uint8_t { message, reasoning, call };
  Kind kind = Kind::message;
  std::string id;                // of the item, not of the call
  std::vector<SaidPart> said{};  // of a message
  Thought thought{};             // of a reasoning item
  ToolCall call{};               // of a call
  bool done = false;
};

/// Appends a part of a message's content.
void append_part(std::string& out, const SaidPart& part);

/// Appends the item as it stands; `status` is in_progress, completed or incomplete.
void append_item(std::string& out, const OutputItem& item, std::string_view status);

/// What a response says of itself besides its output.
struct ResponseState {
  std::string_view id, model;
  std::int64_t created = 0;
  std::string_view status;             // in_progress, completed, incomplete or failed
  std::string_view incomplete_reason;  // "" unless incomplete
  std::string_view error_code, error_message;
  std::optional<Usage> usage{};
};

/// The members of a response that repeat the request, as JSON that begins with a
/// comma; defaults where `request` is null or does not say.
std::string echo_of(const Request* request);

/// Appends a response object. `output` is its JSON array, `echo` comes of `echo_of`.
void append_response(std::string& out, const ResponseState& state, std::string_view output,
                     std::string_view echo);

}  // namespace plimsoll::dialects::openai_responses
