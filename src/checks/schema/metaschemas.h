#pragma once

#include <string_view>

namespace plimsoll::checks::schema {

/// The text of a schema that json-schema.org publishes for a draft that we know,
/// by its URI without a fragment; empty for any other.
std::string_view published_schema(std::string_view uri) noexcept;

}  // namespace plimsoll::checks::schema
