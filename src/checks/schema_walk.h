#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/json.h"

namespace plimsoll::checks {

/// A place in a schema; empty where nothing certain is known of it.
using SchemaAt = std::optional<json::Value>;

/// Follows a schema along a value, through the keywords that say something certain:
/// properties, additionalProperties, required, items, prefixItems, maxItems, type
/// and references into itself. Places with any keyword that adds conditions (allOf,
/// anyOf, if, patternProperties, ...) are not known. The document of the schema must
/// outlive it; keys are compared as they are written, so an escaped one is unknown.
class SchemaWalk {
 public:
  explicit SchemaWalk(const json::Value& root) : root_(root) {}

  SchemaAt root() const { return known(root_); }
  SchemaAt member(const SchemaAt& at, std::string_view key) const;
  SchemaAt item(const SchemaAt& at, std::size_t index) const;

  /// Whether an object there may not have `key`.
  bool forbids(const SchemaAt& at, std::string_view key) const;
  /// The one type that is allowed there; "" when there are several or none is said.
  std::string_view only_type(const SchemaAt& at) const;
  /// Whether `raw` has every member that it may have, or as many items.
  bool object_is_full(const SchemaAt& at, std::string_view raw) const;
  bool array_is_full(const SchemaAt& at, std::string_view raw) const;

 private:
  SchemaAt known(const json::Value& schema) const;

  json::Value root_;
};

}  // namespace plimsoll::checks
