#pragma once

#include <string>
#include <string_view>

#include "config/field.h"

namespace plimsoll::config {

// What is generated from the field table, and so cannot disagree with it.

/// JSON Schema (draft 2020-12) of the one-pager, for editors.
std::string json_schema();

/// docs/reference/config.md: one row per field.
std::string reference_markdown();

/// A first plimsoll.yaml, commented; it compiles where OPENAI_API_KEY is set.
std::string_view starter();

/// "duration", "list of texts": how the pages call a kind.
std::string_view name_of(Kind kind) noexcept;

}  // namespace plimsoll::config
