#include "eval/scorers.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/candidates.h"
#include "eval/rules.h"

namespace plimsoll::eval {
namespace {

using RulePtr = std::shared_ptr<const Check::Rule>;

std::unexpected<Error> bad(std::string what, std::string fix) {
  return fail(ErrorKind::config_invalid, std::move(what), std::move(fix));
}

/// One check as it stands in the file, and what it may fall back on.
struct Spec {
  json::Value json;
  const json::Value* expected = nullptr;
  std::optional<json::Value> value() const {
    if (const auto own = json.get("value")) return own;
    if (expected) return *expected;
    return std::nullopt;
  }
};

Result<void> only_keys(const json::Value& spec, std::span<const std::string_view> known) {
  const json::Object members = *spec.as_object();
  for (const json::Member member : members) {
    if (member.key == "type" || std::ranges::find(known, member.key) != known.end()) continue;
    const auto near = nearest_names(member.key, known);
    return bad(fmt::format("a \"{}\" check has no key \"{}\"", spec.get_string("type").value_or(""),
                           member.key),
               near.empty() ? fmt::format("its keys: {}", fmt::join(known, ", "))
                            : fmt::format("did you mean {}?", quoted_choice(near)));
  }
  return {};
}

Result<std::vector<std::string>> texts_at(const json::Value& spec, std::string_view key) {
  const auto list = spec.get(key)->as_array();
  std::vector<std::string> texts;
  if (list) {
    for (const json::Value item : *list) {
      const auto text = item.as_string();
      if (text && !text->empty()) texts.emplace_back(*text);
    }
  }
  if (!list || texts.empty() || texts.size() != list->size()) {
    return bad(fmt::format("\"{}\" is not a list of non-empty texts", key),
               fmt::format("write \"{}\": [\"...\"]", key));
  }
  return texts;
}

Result<bool> flag_at(const json::Value& spec, std::string_view key) {
  const auto value = spec.get(key);
  if (!value) return false;
  const auto flag = value->as_bool();
  if (!flag)
    return bad(fmt::format("\"{}\" is neither true nor false", key), "write true or false");
  return *flag;
}

Result<Normalise> steps_of(const json::Value& spec) {
  Normalise steps;
  if (!spec.get("normalise")) return steps;
  PLIMSOLL_TRY(const auto names, texts_at(spec, "normalise"));
  steps.trim = false;
  for (const std::string& name : names) {
    if (name == "trim")
      steps.trim = true;
    else if (name == "case")
      steps.ignore_case = true;
    else if (name == "space")
      steps.one_space = true;
    else if (name == "punctuation")
      steps.no_punctuation = true;
    else
      return bad(fmt::format("there is no normalising step \"{}\"", name),
                 "steps: trim, case, space, punctuation");
  }
  return steps;
}

Result<RulePtr> equals_rule(const Spec& spec) {
  auto rule = std::make_shared<EqualsRule>();
  const auto value = spec.value();
  const auto text = value ? value->as_string() : std::nullopt;
  if (!text) {
    return bad("an \"equals\" check has no text to compare with",
               "give it \"value\": \"...\", or the case \"expected\": \"...\"; for JSON use "
               "{\"type\": \"json\"}");
  }
  rule->value = *text;
  PLIMSOLL_TRY(rule->steps, steps_of(spec.json));
  return rule;
}

/// The key that carries the texts of a contains check.
Result<std::string_view> texts_key(const json::Value& spec, bool negated) {
  std::vector<std::string_view> given;
  for (const std::string_view key : {"value", "any", "all"}) {
    if (spec.get(key)) given.push_back(key);
  }
  if (given.size() != 1 || (negated && given.front() == "all")) {
    return bad(negated ? "a \"not_contains\" check needs \"value\" or \"any\""
                       : "a \"contains\" check needs one of \"value\", \"any\", \"all\"",
               "write \"any\": [\"...\"]");
  }
  return given.front();
}

Result<RulePtr> contains_rule(const Spec& spec, bool negated) {
  auto rule = std::make_shared<ContainsRule>();
  PLIMSOLL_TRY(const std::string_view key, texts_key(spec.json, negated));
  PLIMSOLL_TRY(rule->ignore_case, flag_at(spec.json, "ignore_case"));
  if (key == "value") {
    const auto text = spec.json.get_string("value");
    if (!text || text->empty()) return bad("\"value\" is not a text", "write \"value\": \"...\"");
    rule->texts = {std::string(*text)};
  } else {
    PLIMSOLL_TRY(rule->texts, texts_at(spec.json, key));
  }
  rule->want = negated        ? ContainsRule::Want::none
               : key == "any" ? ContainsRule::Want::any
                              : ContainsRule::Want::all;
  const Normalise fold{.trim = false, .ignore_case = true};
  if (rule->ignore_case) {
    for (std::string& text : rule->texts) text = normalised(text, fold);
  }
  return rule;
}

Result<RulePtr> regex_rule(const Spec& spec) {
  const auto pattern = spec.json.get_string("pattern");
  if (!pattern) return bad("a \"regex\" check has no \"pattern\"", "write \"pattern\": \"...\"");
  PLIMSOLL_TRY(auto compiled, checks::CompiledPattern::compile(*pattern));
  return std::make_shared<const RegexRule>(std::move(compiled));
}

Result<RulePtr> json_rule(const Spec& spec) {
  auto rule = std::make_shared<JsonRule>();
  if (const auto value = spec.value()) {
    PLIMSOLL_TRY(rule->value, rule->document.parse(value->dump()));
  }
  if (!spec.json.get("fields")) return rule;
  PLIMSOLL_TRY(rule->fields, texts_at(spec.json, "fields"));
  for (const std::string& field : rule->fields) {
    if (rule->value && rule->value->get(field)) continue;
    return bad(fmt::format("field \"{}\" is not in what the case expects", field),
               "name members of \"expected\" (or \"value\")");
  }
  return rule;
}

Result<RulePtr> schema_rule(const Spec& spec) {
  const auto schema = spec.json.get("schema");
  if (!schema) return bad("a \"json_schema\" check has no \"schema\"", "write \"schema\": {...}");
  checks::JsonSchema::Options options;
  options.formats = checks::JsonSchema::Formats::check;
  PLIMSOLL_TRY(auto compiled, checks::JsonSchema::compile(schema->dump(), options));
  return std::make_shared<const SchemaRule>(std::move(compiled));
}

Result<double> number_at(const json::Value& spec, std::string_view key) {
  const auto value = spec.get(key);
  if (!value) return 0.0;
  const auto number = value->as_double();
  if (!number || *number < 0) {
    return bad(fmt::format("\"{}\" is not a number from 0 up", key), "write a number");
  }
  return *number;
}

Result<RulePtr> numeric_rule(const Spec& spec) {
  auto rule = std::make_shared<NumericRule>();
  const auto value = spec.value();
  const auto number = value ? value->as_double() : std::nullopt;
  if (!number) {
    return bad("a \"numeric\" check has no number to compare with", "give it \"value\": 42");
  }
  rule->value = *number;
  PLIMSOLL_TRY(rule->tolerance, number_at(spec.json, "tolerance"));
  PLIMSOLL_TRY(rule->relative, number_at(spec.json, "relative"));
  const auto pick = spec.json.get_string("pick").value_or("last");
  if (pick == "first")
    rule->pick = NumericRule::Pick::first;
  else if (pick == "only")
    rule->pick = NumericRule::Pick::only;
  else if (pick != "last")
    return bad("\"pick\" is unknown", "write first, last or only");
  return rule;
}

struct Type {
  std::string_view name;
  std::vector<std::string_view> keys;
  Result<RulePtr> (*compile)(const Spec&);
};

const std::vector<Type>& types() {
  static const std::vector<Type> all = {
      {"equals", {"value", "normalise"}, equals_rule},
      {"contains",
       {"value", "any", "all", "ignore_case"},
       [](const Spec& spec) { return contains_rule(spec, false); }},
      {"not_contains",
       {"value", "any", "ignore_case"},
       [](const Spec& spec) { return contains_rule(spec, true); }},
      {"regex", {"pattern"}, regex_rule},
      {"json", {"value", "fields"}, json_rule},
      {"json_schema", {"schema"}, schema_rule},
      {"numeric", {"value", "tolerance", "relative", "pick"}, numeric_rule},
  };
  return all;
}

std::unexpected<Error> unknown_type(std::string_view type) {
  std::vector<std::string_view> names;
  for (const Type& one : types()) names.push_back(one.name);
  const auto near = nearest_names(type, names);
  return bad(fmt::format("there is no check of type \"{}\"", type),
             near.empty() ? fmt::format("types: {}", fmt::join(names, ", "))
                          : fmt::format("did you mean {}?", quoted_choice(near)));
}

}  // namespace

Result<Check> Check::compile(const json::Value& spec, const json::Value* expected) {
  if (!spec.as_object()) {
    return bad("a check is not an object", "write {\"type\": \"contains\", \"value\": \"...\"}");
  }
  const auto name = spec.get_string("type");
  if (!name) return bad("a check has no \"type\"", "write {\"type\": \"contains\", ...}");
  const auto type = std::ranges::find(types(), *name, &Type::name);
  if (type == types().end()) return unknown_type(*name);
  auto known = only_keys(spec, type->keys);
  if (!known) return std::unexpected(std::move(known).error());
  const Spec full{.json = spec, .expected = expected};
  PLIMSOLL_TRY(RulePtr rule, type->compile(full));
  return Check(std::move(rule));
}

Result<Check> Check::from_expected(const json::Value& expected) {
  const json::Kind kind = expected.kind();
  const bool number = kind == json::Kind::integer || kind == json::Kind::number;
  const std::string_view spec = kind == json::Kind::string ? R"({"type":"equals"})"
                                : number                   ? R"({"type":"numeric"})"
                                                           : R"({"type":"json"})";
  json::Document document;
  PLIMSOLL_TRY(const json::Value parsed, document.parse(spec));
  return compile(parsed, &expected);
}

Score Check::score(std::string_view answer) const {
  auto objection = rule_->objection(answer);
  return {.check = std::string(rule_->type()),
          .passed = !objection.has_value(),
          .evidence = std::move(objection).value_or("")};
}

}  // namespace plimsoll::eval
