#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/verdict.h"

namespace plimsoll::checks {

/// The plain part of JSON Schema (2020-12): type, enum, const, properties,
/// required, additionalProperties, items, minItems, maxItems, minLength, maxLength,
/// pattern (RE2), minimum, maximum, exclusiveMinimum, exclusiveMaximum, and true and
/// false as schemas. Annotations (title, description, default, examples, $schema,
/// $id, $comment, format) say nothing here. Any other keyword is refused: a rule
/// that is not understood must not look like one that is kept. Immutable and
/// thread-safe; copies share one tree.
class JsonSchemaBasic {
 public:
  /// Deeper schemas are refused.
  static constexpr int kDepthMax = 64;
  /// At most so many violations of one value are told.
  static constexpr std::size_t kViolationsMax = 20;

  /// Errors
  ///   config_invalid   not JSON, or a keyword unknown or of a wrong form; `what`
  ///                    carries its JSON pointer
  [[nodiscard]] static Result<JsonSchemaBasic> compile(std::string_view schema);

  /// Everything in `value` that breaks the schema; empty when nothing does.
  std::vector<Violation> judge(const json::Value& value) const;

  struct Compiled;

 private:
  explicit JsonSchemaBasic(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace plimsoll::checks
