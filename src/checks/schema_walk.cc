#include "checks/schema_walk.h"

#include <algorithm>

#include "checks/json_pieces.h"

namespace plimsoll::checks {
namespace {

constexpr int kReferencesMax = 16;

constexpr std::string_view kUncertain[] = {"allOf",
                                           "anyOf",
                                           "oneOf",
                                           "not",
                                           "if",
                                           "then",
                                           "else",
                                           "dependentSchemas",
                                           "dependencies",
                                           "patternProperties",
                                           "$dynamicRef",
                                           "$recursiveRef",
                                           "unevaluatedProperties",
                                           "unevaluatedItems",
                                           "propertyNames",
                                           "contains",
                                           "$id"};

/// Follows "#/$defs/a"; places with escapes are not followed.
std::optional<json::Value> resolve(const json::Value& root, std::string_view reference) {
  if (!reference.starts_with("#/") || reference.find_first_of("~%") != std::string_view::npos)
    return std::nullopt;
  json::Value at = root;
  for (reference.remove_prefix(2); !reference.empty();) {
    const std::size_t slash = std::min(reference.find('/'), reference.size());
    const auto next = at.get(reference.substr(0, slash));
    if (!next) return std::nullopt;
    at = *next;
    reference.remove_prefix(std::min(slash + 1, reference.size()));
  }
  return at;
}

bool is_certain(const json::Value& schema, bool is_root) {
  return std::ranges::none_of(kUncertain, [&](std::string_view word) {
    return !(is_root && word == "$id") && schema.get(word).has_value();
  });
}

std::optional<json::Object> properties_of(const json::Value& schema) {
  const auto value = schema.get("properties");
  return value ? value->as_object() : std::nullopt;
}

bool is_closed(const json::Value& schema) {
  return schema.get_bool("additionalProperties") == false && properties_of(schema).has_value();
}

}  // namespace

SchemaAt SchemaWalk::known(const json::Value& schema) const {
  json::Value at = schema;
  for (int i = 0; i < kReferencesMax; ++i) {
    if (at.kind() != json::Kind::object || !is_certain(at, i == 0)) return std::nullopt;
    const auto reference = at.get_string("$ref");
    if (!reference) return at;
    const auto next = resolve(root_, *reference);
    if (!next) return std::nullopt;
    at = *next;
  }
  return std::nullopt;
}

SchemaAt SchemaWalk::member(const SchemaAt& at, std::string_view key) const {
  if (!at) return std::nullopt;
  const auto properties = at->get("properties");
  const auto found = properties ? properties->get(key) : std::nullopt;
  return found ? known(*found) : std::nullopt;
}

SchemaAt SchemaWalk::item(const SchemaAt& at, std::size_t index) const {
  if (!at) return std::nullopt;
  if (const auto prefix = at->get("prefixItems")) {
    const auto list = prefix->as_array();
    if (!list) return std::nullopt;
    std::size_t i = 0;
    for (const json::Value one : *list)
      if (i++ == index) return known(one);
  }
  const auto items = at->get("items");
  return items && items->kind() == json::Kind::object ? known(*items) : std::nullopt;
}

bool SchemaWalk::forbids(const SchemaAt& at, std::string_view key) const {
  const bool plain = key.find('\\') == std::string_view::npos;
  return at && plain && is_closed(*at) && !at->get("properties")->get(key);
}

std::string_view SchemaWalk::only_type(const SchemaAt& at) const {
  if (!at || at->get("enum") || at->get("const")) return {};
  return at->get_string("type").value_or("");
}

bool SchemaWalk::object_is_full(const SchemaAt& at, std::string_view raw) const {
  if (!at || !is_closed(*at)) return false;
  const auto members = members_of(raw);
  const auto properties = *properties_of(*at);
  for (const json::Member property : properties)
    if (std::ranges::none_of(members,
                             [&](const Piece& piece) { return piece.key == property.key; }))
      return false;
  return true;
}

bool SchemaWalk::array_is_full(const SchemaAt& at, std::string_view raw) const {
  const auto most = at ? at->get_int("maxItems") : std::nullopt;
  return most && static_cast<std::int64_t>(items_of(raw).size()) >= *most;
}

}  // namespace plimsoll::checks
