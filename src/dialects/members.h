#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"

namespace plimsoll::dialects {

/// A member of an object, read and as bytes. Spans count from the text's begin.
struct Field {
  std::string_view key;  // unescaped
  json::Value value;
  json::Span whole, place;
};

/// The members of `object`, which was parsed from the part of `text` that starts
/// at `begin`. Views and handles live as long as the object's Document.
std::vector<Field> fields_of(const json::Object& object, std::string_view text,
                             std::size_t begin = 0);

/// The Document to parse `text` with: this thread's own for usual sizes, so that
/// its buffers are reused, and `large` for bigger ones, so that they are not kept.
/// What was parsed with it before is gone.
json::Document& document_for(std::string_view text, json::Document& large);

/// The object that a request's body is, parsed with the Document that
/// `document_for` gives.
///
/// Errors: request_invalid (not JSON, or not an object).
[[nodiscard]] Result<json::Object> request_object(std::string_view body, json::Document& large);

/// "a string", "an array", ...: for messages.
std::string_view name_of(json::Kind kind) noexcept;

}  // namespace plimsoll::dialects
