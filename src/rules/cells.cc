#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "rules/compiled.h"

namespace plimsoll::rules {
namespace {

bool begins_with_operator(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 6> kMarks = {"<=", ">=", "==", "!=", "<", ">"};
  return text.starts_with("in ") || text.starts_with("in[") ||
         std::ranges::any_of(kMarks,
                             [text](std::string_view mark) { return text.starts_with(mark); });
}

std::vector<std::string> words_of(const json::Value& property) {
  std::vector<std::string> words;
  if (const auto constant = property.get_string("const")) words.emplace_back(*constant);
  const auto values = property.get("enum");
  const auto list = values ? values->as_array() : std::nullopt;
  if (!list) return words;
  for (const json::Value value : *list) {
    const auto word = value.as_string();
    if (!word) return {};
    words.emplace_back(*word);
  }
  return words;
}

void bounds_of(const json::Value& property, Fact& fact) {
  if (const auto least = property.get_int("minimum")) fact.least = *least;
  if (const auto most = property.get_int("maximum")) fact.most = *most;
  if (const auto over = property.get_int("exclusiveMinimum"))
    fact.least = std::max(fact.least, *over == INT64_MAX ? *over : *over + 1);
  if (const auto under = property.get_int("exclusiveMaximum"))
    fact.most = std::min(fact.most, *under == INT64_MIN ? *under : *under - 1);
}

Fact fact_of(std::string_view name, const json::Value& property) {
  using Domain = Fact::Domain;
  Fact fact;
  fact.name = name;
  fact.words = words_of(property);
  const std::string_view type = property.get_string("type").value_or("");
  if (!fact.words.empty()) {
    fact.domain = Domain::enumeration;
    fact.type = cel::Kind::string;
  } else if (type == "boolean") {
    fact.domain = Domain::boolean;
    fact.type = cel::Kind::boolean;
  } else if (type == "integer") {
    fact.domain = Domain::integer;
    fact.type = cel::Kind::integer;
    bounds_of(property, fact);
  } else if (type == "number") {
    fact.domain = Domain::real;
  } else if (type == "string") {
    fact.domain = Domain::text;
    fact.type = cel::Kind::string;
  } else if (type == "array") {
    fact.type = cel::Type::list({});
  } else if (type == "object") {
    fact.type = cel::Kind::map;
  }
  return fact;
}

}  // namespace

std::vector<Fact> facts_of_schema(const json::Value& schema) {
  std::vector<Fact> facts;
  const auto properties = schema.get("properties");
  if (const auto members = properties ? properties->as_object() : std::nullopt)
    for (const json::Member member : *members) facts.push_back(fact_of(member.key, member.value));
  const auto required = schema.get("required");
  const auto names = required ? required->as_array() : std::nullopt;
  if (!names) return facts;
  for (const json::Value name : *names)
    for (Fact& fact : facts) fact.required = fact.required || fact.name == name.as_string();
  return facts;
}

std::string condition_of(const RuleCell& cell, const Fact& fact, const cel::Environment& names) {
  if (cell.text == "-" && !cell.json) return {};
  if (cell.json) return fmt::format("{} == {}", cell.column, cell.text);
  if (begins_with_operator(cell.text)) return fmt::format("{} {}", cell.column, cell.text);
  if (std::ranges::find(fact.words, cell.text) != fact.words.end())
    return fmt::format("{} == {}", cell.column, json::quoted(cell.text));
  const auto program = cel::Program::compile(cell.text, names);
  if (!program || program->type().may_be(cel::Kind::boolean)) return cell.text;
  return fmt::format("{} == ({})", cell.column, cell.text);
}

}  // namespace plimsoll::rules
