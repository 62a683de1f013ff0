#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/json_tape.h"

namespace plimsoll::checks::schema {

/// The keywords that have a meaning for us.
enum class Word : std::uint8_t {
  id,
  schema,
  ref,
  anchor,
  dynamic_ref,
  dynamic_anchor,
  recursive_ref,
  recursive_anchor,
  defs,
  definitions,
  type,
  one_of_values,
  constant,
  multiple_of,
  maximum,
  exclusive_maximum,
  minimum,
  exclusive_minimum,
  max_length,
  min_length,
  pattern,
  format,
  prefix_items,
  items,
  additional_items,
  max_items,
  min_items,
  unique_items,
  contains,
  max_contains,
  min_contains,
  max_properties,
  min_properties,
  required,
  properties,
  pattern_properties,
  additional_properties,
  property_names,
  dependent_required,
  dependent_schemas,
  dependencies,
  all_of,
  any_of,
  one_of,
  negation,
  question,
  yes,
  no,
  unevaluated_items,
  unevaluated_properties,
  content_schema,
};
inline constexpr std::size_t kWords = static_cast<std::size_t>(Word::content_schema) + 1;

/// What the value of a keyword holds of schemas.
enum class Shape : std::uint8_t {
  plain,        // none
  schema,       // one
  list,         // an array of them
  schema_list,  // one, or an array
  named,        // an object of them; what is no schema there is something else
};

enum DraftBit : std::uint8_t { kDraft7 = 1, kDraft2019 = 2, kDraft2020 = 4 };
enum VocabularyBit : std::uint8_t {
  kCore = 1,
  kApplicator = 2,
  kValidation = 4,
  kUnevaluated = 8,
  kFormat = 16,
  kFormatAssertion = 32,
  kContent = 64,
  kMetaData = 128,
};
/// What a schema may use that names no other set: all but formats as assertions.
inline constexpr std::uint8_t kUsual = 0xFF & ~kFormatAssertion;

struct Keyword {
  std::string_view name;
  Word word;
  Shape shape;
  std::uint8_t drafts;
  std::uint8_t vocabulary;
};

std::span<const Keyword> keywords();
const Keyword* keyword_named(std::string_view name) noexcept;

/// Whether `name` says nothing that could be enforced: a title, "x-...".
bool is_annotation(std::string_view name) noexcept;

/// Where each keyword's value stands in one schema; 0 where it is absent.
class Found {
 public:
  json::Place operator[](Word word) const noexcept { return at_[static_cast<std::size_t>(word)]; }
  json::Place& slot(Word word) noexcept { return at_[static_cast<std::size_t>(word)]; }
  bool has(Word word) const noexcept { return (*this)[word] != 0; }

 private:
  std::array<json::Place, kWords> at_{};
};

}  // namespace plimsoll::checks::schema
