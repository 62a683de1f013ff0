#include "checks/json_schema_basic.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"
#include "checks/json_equal.h"

namespace plimsoll::checks {
namespace {

struct Node;
using NodePtr = std::unique_ptr<const Node>;

struct Node {
  bool nothing_allowed = false;  // the schema `false`
  std::vector<std::string> types;
  std::vector<json::Value> allowed;  // enum, or const as a list of one
  bool has_allowed = false;
  std::map<std::string, NodePtr, std::less<>> properties;
  std::vector<std::string> required;
  NodePtr additional, items;
  std::optional<std::int64_t> min_items, max_items, min_length, max_length;
  std::optional<double> minimum, maximum, above, below;
  std::optional<CompiledPattern> pattern;
};

constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                    "string", "array",   "object"};
constexpr std::array<std::string_view, 9> kAnnotations = {"title",    "description", "default",
                                                          "examples", "$schema",     "$id",
                                                          "$comment", "format",      "deprecated"};

std::string child_of(std::string_view where, std::string_view key) {
  std::string path = fmt::format("{}/", where);
  for (const char c : key) {
    if (c == '~')
      path += "~0";
    else if (c == '/')
      path += "~1";
    else
      path += c;
  }
  return path;
}

std::unexpected<Error> bad(std::string_view where, std::string_view why) {
  return fail(ErrorKind::config_invalid,
              fmt::format("schema at \"{}\": {}", where.empty() ? "/" : where, why),
              "see docs/guide/eval.md for the keywords that are understood");
}

// ---- compiling ------------------------------------------------------------

Result<NodePtr> compile_node(const json::Value& schema, const std::string& where, int depth);

Result<std::vector<std::string>> strings_of(const json::Value& value, const std::string& where) {
  const auto list = value.as_array();
  if (!list) return bad(where, "must be a list of strings");
  std::vector<std::string> strings;
  for (const json::Value item : *list) {
    if (!item.as_string()) return bad(where, "must be a list of strings");
    strings.emplace_back(*item.as_string());
  }
  return strings;
}

Result<void> read_types(Node& node, const json::Value& value, const std::string& where) {
  if (const auto one = value.as_string()) {
    node.types = {std::string(*one)};
  } else {
    PLIMSOLL_TRY(node.types, strings_of(value, where));
  }
  for (const std::string& type : node.types) {
    if (std::ranges::find(kTypes, type) == kTypes.end()) {
      return bad(where, fmt::format("\"{}\" is no type; one of {}", type, fmt::join(kTypes, ", ")));
    }
  }
  return {};
}

Result<void> read_allowed(Node& node, std::string_view keyword, const json::Value& value,
                          const std::string& where) {
  if (node.has_allowed) return bad(where, "enum and const exclude each other");
  node.has_allowed = true;
  if (keyword == "const") {
    node.allowed = {value};
    return {};
  }
  const auto list = value.as_array();
  if (!list || list->size() == 0) return bad(where, "must be a list with at least one value");
  for (const json::Value item : *list) node.allowed.push_back(item);
  return {};
}

Result<void> read_properties(Node& node, const json::Value& value, const std::string& where,
                             int depth) {
  const auto members = value.as_object();
  if (!members) return bad(where, "must be an object of schemas");
  for (const json::Member member : *members) {
    PLIMSOLL_TRY(NodePtr child, compile_node(member.value, child_of(where, member.key), depth + 1));
    node.properties[std::string(member.key)] = std::move(child);
  }
  return {};
}

std::optional<std::int64_t>* count_slot(Node& node, std::string_view keyword) {
  if (keyword == "minItems") return &node.min_items;
  if (keyword == "maxItems") return &node.max_items;
  if (keyword == "minLength") return &node.min_length;
  if (keyword == "maxLength") return &node.max_length;
  return nullptr;
}

std::optional<double>* number_slot(Node& node, std::string_view keyword) {
  if (keyword == "minimum") return &node.minimum;
  if (keyword == "maximum") return &node.maximum;
  if (keyword == "exclusiveMinimum") return &node.above;
  if (keyword == "exclusiveMaximum") return &node.below;
  return nullptr;
}

Result<void> read_scalar(Node& node, const json::Member& member, const std::string& where) {
  if (auto* count = count_slot(node, member.key)) {
    *count = member.value.as_int();
    if (!*count || **count < 0) return bad(where, "must be a whole number, 0 or more");
    return {};
  }
  if (auto* number = number_slot(node, member.key)) {
    *number = member.value.as_double();
    if (!*number) return bad(where, "must be a number");
    return {};
  }
  if (member.key == "pattern") {
    if (!member.value.as_string()) return bad(where, "must be a string");
    auto pattern = CompiledPattern::compile(*member.value.as_string());
    if (!pattern) return bad(where, pattern.error().what);
    node.pattern = std::move(pattern).value();
    return {};
  }
  if (std::ranges::find(kAnnotations, member.key) != kAnnotations.end()) return {};
  return bad(where, "this keyword is not understood");
}

Result<void> read_keyword(Node& node, const json::Member& member, const std::string& where,
                          int depth) {
  const std::string_view key = member.key;
  if (key == "type") return read_types(node, member.value, where);
  if (key == "enum" || key == "const") return read_allowed(node, key, member.value, where);
  if (key == "properties") return read_properties(node, member.value, where, depth);
  if (key == "required") {
    PLIMSOLL_TRY(node.required, strings_of(member.value, where));
    return {};
  }
  if (key == "items" || key == "additionalProperties") {
    PLIMSOLL_TRY(NodePtr child, compile_node(member.value, where, depth + 1));
    (key == "items" ? node.items : node.additional) = std::move(child);
    return {};
  }
  return read_scalar(node, member, where);
}

Result<NodePtr> compile_node(const json::Value& schema, const std::string& where, int depth) {
  if (depth > JsonSchemaBasic::kDepthMax) return bad(where, "nested too deeply");
  auto node = std::make_unique<Node>();
  if (const auto whole = schema.as_bool()) {
    node->nothing_allowed = !*whole;
    return node;
  }
  const auto members = schema.as_object();
  if (!members) return bad(where, "a schema is an object, true or false");
  for (const json::Member member : *members) {
    auto read = read_keyword(*node, member, child_of(where, member.key), depth);
    if (!read) return std::unexpected(std::move(read).error());
  }
  return node;
}

// ---- judging --------------------------------------------------------------

bool is_of_type(const json::Value& value, std::string_view type) {
  switch (value.kind()) {
    case json::Kind::null: return type == "null";
    case json::Kind::boolean: return type == "boolean";
    case json::Kind::integer: return type == "integer" || type == "number";
    case json::Kind::number: {
      const double number = value.as_double().value_or(0.5);
      return type == "number" || (type == "integer" && number == std::floor(number));
    }
    case json::Kind::string: return type == "string";
    case json::Kind::array: return type == "array";
    case json::Kind::object: return type == "object";
  }
  return false;
}

class Judge {
 public:
  std::vector<Violation> found;

  void node(const Node& schema, const json::Value& value, const std::string& where) {
    if (found.size() >= JsonSchemaBasic::kViolationsMax) return;
    if (schema.nothing_allowed) return tell(where, "nothing here", value);
    if (!schema.types.empty() && !has_type(schema, value)) {
      return tell(where, fmt::format("{}", fmt::join(schema.types, " or ")), value);
    }
    if (schema.has_allowed && !is_allowed(schema, value)) tell(where, choices(schema), value);
    if (const auto number = value.as_double()) numbers(schema, *number, value, where);
    if (const auto text = value.as_string()) strings(schema, *text, value, where);
    if (const auto list = value.as_array()) items(schema, *list, value, where);
    if (const auto object = value.as_object()) members(schema, *object, value, where);
  }

 private:
  void tell(const std::string& where, std::string expected, const json::Value& value) {
    if (found.size() >= JsonSchemaBasic::kViolationsMax) return;
    found.push_back({.check = "json_schema",
                     .where = where.empty() ? "/" : where,
                     .expected = std::move(expected),
                     .found = excerpt(value.dump())});
  }

  static bool has_type(const Node& schema, const json::Value& value) {
    return std::ranges::any_of(schema.types,
                               [&](const auto& type) { return is_of_type(value, type); });
  }

  static bool is_allowed(const Node& schema, const json::Value& value) {
    return std::ranges::any_of(schema.allowed,
                               [&](const auto& one) { return same_json(one, value); });
  }

  static std::string choices(const Node& schema) {
    std::vector<std::string> names;
    for (const json::Value& one : schema.allowed) names.push_back(one.dump());
    return excerpt(fmt::format("{}{}", names.size() > 1 ? "one of " : "", fmt::join(names, ", ")));
  }

  void numbers(const Node& s, double number, const json::Value& value, const std::string& where) {
    if (s.minimum && number < *s.minimum)
      tell(where, fmt::format("at least {}", *s.minimum), value);
    if (s.maximum && number > *s.maximum) tell(where, fmt::format("at most {}", *s.maximum), value);
    if (s.above && number <= *s.above) tell(where, fmt::format("more than {}", *s.above), value);
    if (s.below && number >= *s.below) tell(where, fmt::format("less than {}", *s.below), value);
  }

  void size(std::optional<std::int64_t> least, std::optional<std::int64_t> most, std::size_t is,
            const json::Value& value, const std::string& where, std::string_view unit) {
    const auto count = static_cast<std::int64_t>(is);
    if (least && count < *least) tell(where, fmt::format("at least {} {}", *least, unit), value);
    if (most && count > *most) tell(where, fmt::format("at most {} {}", *most, unit), value);
  }

  void strings(const Node& s, std::string_view text, const json::Value& value,
               const std::string& where) {
    if (s.min_length || s.max_length) {
      size(s.min_length, s.max_length, code_points(text), value, where, "characters");
    }
    if (s.pattern && !s.pattern->find_in(text)) {
      tell(where, fmt::format("a text that matches {}", s.pattern->source()), value);
    }
  }

  void items(const Node& s, const json::Array& list, const json::Value& value,
             const std::string& where) {
    size(s.min_items, s.max_items, list.size(), value, where, "items");
    if (!s.items) return;
    std::size_t index = 0;
    for (const json::Value item : list) node(*s.items, item, fmt::format("{}/{}", where, index++));
  }

  void members(const Node& s, const json::Object& object, const json::Value& value,
               const std::string& where) {
    for (const std::string& key : s.required) {
      if (!value.get(key)) tell(where, fmt::format("a member \"{}\"", key), value);
    }
    for (const json::Member member : object) {
      const auto known = s.properties.find(member.key);
      if (known != s.properties.end()) {
        node(*known->second, member.value, child_of(where, member.key));
      } else if (s.additional) {
        node(*s.additional, member.value, child_of(where, member.key));
      }
    }
  }
};

}  // namespace

struct JsonSchemaBasic::Compiled {
  json::Document document;  // keeps the values of enum and const
  NodePtr root;
};

JsonSchemaBasic::JsonSchemaBasic(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

Result<JsonSchemaBasic> JsonSchemaBasic::compile(std::string_view schema) {
  auto compiled = std::make_shared<Compiled>();
  const auto root = compiled->document.parse(schema);
  if (!root) return bad("", root.error().what);
  PLIMSOLL_TRY(compiled->root, compile_node(*root, "", 0));
  return JsonSchemaBasic(std::move(compiled));
}

std::vector<Violation> JsonSchemaBasic::judge(const json::Value& value) const {
  Judge judge;
  judge.node(*compiled_->root, value, "");
  return std::move(judge.found);
}

}  // namespace plimsoll::checks
