#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "config/reference.h"
#include "config/scalar.h"
#include "config/shape.h"

namespace plimsoll::config {
namespace {

using Members = std::vector<std::string>;

std::string member(std::string_view key, const std::string& value) {
  return fmt::format("{}: {}", json::quoted(key), value);
}

std::string object(const Members& members, int depth) {
  const std::string margin(static_cast<std::size_t>(depth) * 2, ' ');
  return members.empty() ? "{}"
                         : fmt::format("{{\n{}  {}\n{}}}", margin,
                                       fmt::join(members, ",\n  " + margin), margin);
}

std::string quoted_list(const std::vector<std::string_view>& items) {
  std::vector<std::string> quoted;
  for (const std::string_view item : items) quoted.push_back(json::quoted(item));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string text_pattern(std::string_view pattern) {
  return member("pattern", json::quoted(pattern));
}

constexpr std::string_view kNamePattern = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$";

/// The members that say what a leaf of `kind` looks like.
Members type_of(Kind kind, const Field& field) {
  const std::string text = member("type", "\"string\"");
  const std::string number_or_text = member("type", R"(["number", "string"])");
  switch (kind) {
    case Kind::boolean: return {member("type", "\"boolean\"")};
    case Kind::integer:
      if (field.path == "version") return {member("const", "1")};
      return {member("type", "\"integer\""), member("minimum", std::string(field.least)),
              member("maximum", std::string(field.most))};
    case Kind::count: return {number_or_text, text_pattern("^[0-9]+(\\.[0-9]+)?[kM]?$")};
    case Kind::size:
      return {number_or_text, text_pattern("^[0-9]+(\\.[0-9]+)?(B|kB|MB|KiB|MiB|GiB)?$")};
    case Kind::ratio:
      return {number_or_text, member("minimum", std::string(field.least)),
              member("maximum", std::string(field.most)), text_pattern("^[0-9]+(\\.[0-9]+)?%?$")};
    case Kind::duration: return {text, text_pattern("^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$")};
    case Kind::money: return {number_or_text, text_pattern("^\\$?[0-9]+(\\.[0-9]{1,9})?$")};
    case Kind::rate: return {text, text_pattern("^[0-9]+(\\.[0-9]+)?[kM]?/(s|min|m|h|day|d)$")};
    case Kind::name: return {text, text_pattern(kNamePattern)};
    case Kind::choice: return {member("enum", quoted_list(words(field.choices)))};
    case Kind::texts:
    case Kind::patterns:
    case Kind::require:
      return {member("type", "\"array\""),
              member("items", R"({"type": "string", "minLength": 1})")};
    case Kind::secret: return {text, text_pattern("^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")};
    case Kind::headers:
      return {member("type", "\"object\""),
              member("additionalProperties", R"({"type": ["string", "number", "boolean"]})")};
    case Kind::url: return {text, text_pattern("^https?://[^?#@]+$")};
    default: return {text, member("minLength", "1")};
  }
}

std::string default_of(const Field& field) {
  const bool bare =
      field.kind == Kind::boolean || field.kind == Kind::integer || field.kind == Kind::ratio;
  return member("default", bare ? std::string(field.fallback) : json::quoted(field.fallback));
}

std::string schema_of(const Shape& shape, int depth);

Members section_members(const Shape& shape, int depth) {
  Members properties;
  std::vector<std::string_view> required;
  for (const Shape& child : shape.children) {
    properties.push_back(member(child.key, schema_of(child, depth + 2)));
    if (child.field->presence == Presence::required) required.push_back(child.key);
  }
  Members out{member("type", required.empty() ? R"(["object", "null"])" : "\"object\"")};
  if (!required.empty()) out.push_back(member("required", quoted_list(required)));
  out.push_back(member("additionalProperties", "false"));
  out.push_back(member("properties", object(properties, depth + 1)));
  return out;
}

Members shape_members(const Shape& shape, int depth) {
  const Field& field = *shape.field;
  switch (field.kind) {
    case Kind::section: {
      if (field.short_bind == nullptr) return section_members(shape, depth);
      const Members brief = type_of(field.short_kind, field);
      return {member("anyOf", fmt::format("[{}, {}]", object(brief, depth + 1),
                                          object(section_members(shape, depth + 1), depth + 1)))};
    }
    case Kind::named:
      return {member("type", R"(["object", "null"])"),
              member("propertyNames", fmt::format("{{{}}}", text_pattern(kNamePattern))),
              member("additionalProperties", schema_of(shape.children.front(), depth + 1))};
    case Kind::list:
      return {member("type", "\"array\""),
              member("items", schema_of(shape.children.front(), depth + 1))};
    default: return type_of(field.kind, field);
  }
}

std::string schema_of(const Shape& shape, int depth) {
  const Field& field = *shape.field;
  if (field.presence == Presence::later)
    return fmt::format("{{\"not\": {{}}, \"description\": {}}}",
                       json::quoted(fmt::format("Not yet supported. {}", field.sentence)));
  Members members{member("description", json::quoted(field.sentence))};
  for (std::string& one : shape_members(shape, depth)) members.push_back(std::move(one));
  if (!field.fallback.empty()) members.push_back(default_of(field));
  return object(members, depth);
}

}  // namespace

std::string json_schema() {
  Members members{
      member("$schema", "\"https://json-schema.org/draft/2020-12/schema\""),
      member("title", "\"plimsoll.yaml\""),
      member("description", "\"The one-pager of Plimsoll. Generated by `plimsoll docs`.\"")};
  for (std::string& one : section_members(file_shape(), 0)) members.push_back(std::move(one));
  return object(members, 0) + "\n";
}

}  // namespace plimsoll::config
