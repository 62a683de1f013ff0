#include "checks/strict_schema.h"

#include <algorithm>
#include <string_view>

namespace plimsoll::checks {
namespace {

constexpr int kDepthMax = 32;

constexpr std::string_view kTaken[] = {
    "type",  "properties", "required", "additionalProperties", "items", "enum",    "const",
    "anyOf", "$ref",       "$defs",    "description",          "title", "$schema", "$id"};

bool is_strict(const json::Value& schema, int depth) noexcept;

bool all_strict(const json::Value& container, int depth) noexcept {
  if (const auto object = container.as_object()) {
    for (const json::Member member : *object)
      if (!is_strict(member.value, depth)) return false;
    return true;
  }
  const auto array = container.as_array();
  if (!array) return false;
  for (const json::Value item : *array)
    if (!is_strict(item, depth)) return false;
  return true;
}

bool requires_name(const json::Value& schema, std::string_view name) noexcept {
  const auto value = schema.get("required");
  const auto names = value ? value->as_array() : std::nullopt;
  if (!names) return false;
  for (const json::Value one : *names)
    if (one.as_string() == name) return true;
  return false;
}

bool is_strict_object(const json::Value& schema) noexcept {
  const auto value = schema.get("properties");
  const auto properties = value ? value->as_object() : std::nullopt;
  if (!properties || schema.get_bool("additionalProperties").value_or(true)) return false;
  for (const json::Member member : *properties)
    if (!requires_name(schema, member.key)) return false;
  return true;
}

bool is_taken(std::string_view key) noexcept {
  return std::ranges::find(kTaken, key) != std::end(kTaken);
}

bool is_strict(const json::Value& schema, int depth) noexcept {
  const auto object = schema.as_object();
  if (!object || depth > kDepthMax) return false;
  for (const json::Member member : *object) {
    if (!is_taken(member.key)) return false;
    const bool holds_schemas =
        member.key == "properties" || member.key == "$defs" || member.key == "anyOf";
    if (holds_schemas && !all_strict(member.value, depth + 1)) return false;
    if (member.key == "items" && !is_strict(member.value, depth + 1)) return false;
    if (member.key == "$ref" && !member.value.as_string().value_or("").starts_with("#/$defs/"))
      return false;
  }
  const bool is_object = schema.get_string("type") == "object" || schema.get("properties");
  return !is_object || is_strict_object(schema);
}

}  // namespace

bool keeps_strict_rules(const json::Value& schema) noexcept {
  return schema.get_string("type") == "object" && is_strict(schema, 0);
}

}  // namespace plimsoll::checks
