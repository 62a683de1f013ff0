#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

/// Members of objects in the form that prompts and answers keep them.
namespace plimsoll::dialects {

/// The member if it is a string, else "".
inline std::string string_at(const json::Value& object, std::string_view key) {
  return std::string(object.get_string(key).value_or(std::string_view()));
}

/// The member as compact JSON; "" when it is absent or null.
inline std::string json_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value && !value->is_null() ? value->dump() : std::string();
}

inline std::optional<json::Array> array_at(const json::Value& object, std::string_view key) {
  const auto value = object.get(key);
  return value ? value->as_array() : std::nullopt;
}

}  // namespace plimsoll::dialects
