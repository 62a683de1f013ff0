#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace plimsoll::eval {

/// What one check said about one answer.
struct Score {
  std::string check;  // its type, e.g. "json"
  bool passed = false;
  std::string evidence;  // what was wanted and what was found; "" when passed
  bool operator==(const Score&) const = default;
};

/// One check of a golden case, compiled. Pure, immutable, thread-safe, cheap to
/// copy. As JSON:
///
///   check := {"type": "equals",       "value": text?, "normalise": [step...]?}
///          | {"type": "contains",     "any": [text...] | "all": [text...] | "value": text,
///                                     "ignore_case": bool?}
///          | {"type": "not_contains", "any": [text...] | "value": text, "ignore_case": bool?}
///          | {"type": "regex",        "pattern": RE2}
///          | {"type": "json",         "value": any?, "fields": [key...]?}
///          | {"type": "json_schema",  "schema": schema}
///          | {"type": "numeric",      "value": number?, "tolerance": number?,
///                                     "relative": number?, "pick": "first"|"last"|"only"?}
///   step  := "trim" | "case" | "space" | "punctuation"      (default: ["trim"])
///
/// A "value" that is left out is the case's `expected`. `json` parses the whole answer:
/// text around the JSON fails it. With `fields` only these members of the object are
/// compared; with neither value nor expected it is enough that it parses. `numeric`
/// takes the last number in the answer ("1,234.5" is one) unless told otherwise.
class Check {
 public:
  /// Compiles one check. `expected` is null when the case names none.
  ///
  /// Errors
  ///   config_invalid   unknown type or key, a value of a wrong form, a pattern or
  ///                    schema that does not compile, nothing to compare with
  [[nodiscard]] static Result<Check> compile(const json::Value& spec, const json::Value* expected);

  /// The check of a case that names none: text must be equal, a number numerically,
  /// anything else as JSON.
  [[nodiscard]] static Result<Check> from_expected(const json::Value& expected);

  Score score(std::string_view answer) const;

  struct Rule;

 private:
  explicit Check(std::shared_ptr<const Rule> rule) : rule_(std::move(rule)) {}
  std::shared_ptr<const Rule> rule_;
};

}  // namespace plimsoll::eval
