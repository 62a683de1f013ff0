#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/dialect.h"

namespace plimsoll {

/// A decoded client request: the bytes as they came, and where in them the
/// fields stand that we read or may change. Immutable and shared by all
/// attempts; unknown fields survive because the bytes do.
struct Request {
  Dialect dialect = Dialect::openai_chat;
  std::string body;
  std::string model;  // unescaped
  json::Span model_value;
  bool stream = false;
  bool usage_asked = false;                       // stream_options.include_usage was true
  std::optional<json::Span> stream_options;       // the value
  int choices = 1;                                // n
  bool json_asked = false;                        // response_format json_object or json_schema
  std::optional<json::Span> json_schema;          // the schema value, when one was sent
  std::optional<std::int64_t> output_tokens_max;  // max_completion_tokens or max_tokens; the larger
  /// The field by which it leans on what a provider keeps: "previous_response_id".
  /// Empty: the body is the whole request.
  std::string leans_on;
  // Message text, and the JSON of tools and schema: the basis of estimates.
  std::size_t text_bytes = 0;
  std::size_t messages = 0;
  std::size_t tools = 0;
  // The values, null included; where a limit is lowered.
  std::optional<json::Span> max_completion_tokens, max_tokens;
};

}  // namespace plimsoll
