#include "checks/schema/keywords.h"

#include <algorithm>
#include <unordered_map>

namespace plimsoll::checks::schema {
namespace {

constexpr std::uint8_t kAll = kDraft7 | kDraft2019 | kDraft2020;
constexpr std::uint8_t kNew = kDraft2019 | kDraft2020;
constexpr std::uint8_t kOld = kDraft7 | kDraft2019;

constexpr Keyword kTable[] = {
    {"$id", Word::id, Shape::plain, kAll, kCore},
    {"$schema", Word::schema, Shape::plain, kAll, kCore},
    {"$ref", Word::ref, Shape::plain, kAll, kCore},
    {"$anchor", Word::anchor, Shape::plain, kNew, kCore},
    {"$dynamicRef", Word::dynamic_ref, Shape::plain, kDraft2020, kCore},
    {"$dynamicAnchor", Word::dynamic_anchor, Shape::plain, kDraft2020, kCore},
    {"$recursiveRef", Word::recursive_ref, Shape::plain, kDraft2019, kCore},
    {"$recursiveAnchor", Word::recursive_anchor, Shape::plain, kDraft2019, kCore},
    {"$defs", Word::defs, Shape::named, kAll, kCore},
    {"definitions", Word::definitions, Shape::named, kAll, kCore},
    {"type", Word::type, Shape::plain, kAll, kValidation},
    {"enum", Word::one_of_values, Shape::plain, kAll, kValidation},
    {"const", Word::constant, Shape::plain, kAll, kValidation},
    {"multipleOf", Word::multiple_of, Shape::plain, kAll, kValidation},
    {"maximum", Word::maximum, Shape::plain, kAll, kValidation},
    {"exclusiveMaximum", Word::exclusive_maximum, Shape::plain, kAll, kValidation},
    {"minimum", Word::minimum, Shape::plain, kAll, kValidation},
    {"exclusiveMinimum", Word::exclusive_minimum, Shape::plain, kAll, kValidation},
    {"maxLength", Word::max_length, Shape::plain, kAll, kValidation},
    {"minLength", Word::min_length, Shape::plain, kAll, kValidation},
    {"pattern", Word::pattern, Shape::plain, kAll, kValidation},
    {"format", Word::format, Shape::plain, kAll, kFormat | kFormatAssertion},
    {"prefixItems", Word::prefix_items, Shape::list, kDraft2020, kApplicator},
    {"items", Word::items, Shape::schema_list, kAll, kApplicator},
    {"additionalItems", Word::additional_items, Shape::schema, kOld, kApplicator},
    {"maxItems", Word::max_items, Shape::plain, kAll, kValidation},
    {"minItems", Word::min_items, Shape::plain, kAll, kValidation},
    {"uniqueItems", Word::unique_items, Shape::plain, kAll, kValidation},
    {"contains", Word::contains, Shape::schema, kAll, kApplicator},
    {"maxContains", Word::max_contains, Shape::plain, kNew, kValidation},
    {"minContains", Word::min_contains, Shape::plain, kNew, kValidation},
    {"maxProperties", Word::max_properties, Shape::plain, kAll, kValidation},
    {"minProperties", Word::min_properties, Shape::plain, kAll, kValidation},
    {"required", Word::required, Shape::plain, kAll, kValidation},
    {"properties", Word::properties, Shape::named, kAll, kApplicator},
    {"patternProperties", Word::pattern_properties, Shape::named, kAll, kApplicator},
    {"additionalProperties", Word::additional_properties, Shape::schema, kAll, kApplicator},
    {"propertyNames", Word::property_names, Shape::schema, kAll, kApplicator},
    {"dependentRequired", Word::dependent_required, Shape::plain, kNew, kValidation},
    {"dependentSchemas", Word::dependent_schemas, Shape::named, kNew, kApplicator},
    {"dependencies", Word::dependencies, Shape::named, kAll, kApplicator},
    {"allOf", Word::all_of, Shape::list, kAll, kApplicator},
    {"anyOf", Word::any_of, Shape::list, kAll, kApplicator},
    {"oneOf", Word::one_of, Shape::list, kAll, kApplicator},
    {"not", Word::negation, Shape::schema, kAll, kApplicator},
    {"if", Word::question, Shape::schema, kAll, kApplicator},
    {"then", Word::yes, Shape::schema, kAll, kApplicator},
    {"else", Word::no, Shape::schema, kAll, kApplicator},
    {"unevaluatedItems", Word::unevaluated_items, Shape::schema, kNew, kUnevaluated},
    {"unevaluatedProperties", Word::unevaluated_properties, Shape::schema, kNew, kUnevaluated},
    {"contentSchema", Word::content_schema, Shape::schema, kNew, kContent},
};

constexpr std::string_view kAnnotations[] = {
    "title",    "description", "default",       "examples",           "example",
    "$comment", "deprecated",  "readOnly",      "writeOnly",          "contentMediaType",
    "xml",      "enumNames",   "externalDocs",  "contentEncoding",    "$vocabulary",
    "strict",   "components",  "discriminator", "markdownDescription"};

}  // namespace

std::span<const Keyword> keywords() { return kTable; }

const Keyword* keyword_named(std::string_view name) noexcept {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Keyword*> map;
    for (const Keyword& keyword : kTable) map.emplace(keyword.name, &keyword);
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

bool is_annotation(std::string_view name) noexcept {
  return name.starts_with("x-") || std::ranges::find(kAnnotations, name) != std::end(kAnnotations);
}

}  // namespace plimsoll::checks::schema
