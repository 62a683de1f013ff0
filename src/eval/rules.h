#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "checks/compiled_pattern.h"
#include "checks/json_schema.h"
#include "eval/scorers.h"

/// The rules behind Check, one struct per type. Inside eval only.
namespace plimsoll::eval {

/// What a check does with an answer: evidence against it, or nothing.
struct Check::Rule {
  virtual ~Rule() = default;
  virtual std::string_view type() const noexcept = 0;
  virtual std::optional<std::string> objection(std::string_view answer) const = 0;
};

struct Normalise {
  bool trim = true;
  bool ignore_case = false;
  bool one_space = false;       // runs of white space become one space
  bool no_punctuation = false;  // ASCII punctuation is dropped
};

/// `text` after the steps. Letters beyond ASCII keep their case.
std::string normalised(std::string_view text, const Normalise& steps);

struct EqualsRule final : Check::Rule {
  std::string value;
  Normalise steps;
  std::string_view type() const noexcept override { return "equals"; }
  std::optional<std::string> objection(std::string_view answer) const override;
};

struct ContainsRule final : Check::Rule {
  enum class Want : unsigned char { any, all, none };
  Want want = Want::all;
  std::vector<std::string> texts;  // lower case when ignore_case
  bool ignore_case = false;
  std::string_view type() const noexcept override {
    return want == Want::none ? "not_contains" : "contains";
  }
  std::optional<std::string> objection(std::string_view answer) const override;
};

struct RegexRule final : Check::Rule {
  explicit RegexRule(checks::CompiledPattern compiled) : pattern(std::move(compiled)) {}
  checks::CompiledPattern pattern;
  std::string_view type() const noexcept override { return "regex"; }
  std::optional<std::string> objection(std::string_view answer) const override;
};

struct JsonRule final : Check::Rule {
  json::Document document;           // keeps `value`
  std::optional<json::Value> value;  // absent: parsing is enough
  std::vector<std::string> fields;   // empty: the whole value
  std::string_view type() const noexcept override { return "json"; }
  std::optional<std::string> objection(std::string_view answer) const override;
};

struct SchemaRule final : Check::Rule {
  explicit SchemaRule(checks::JsonSchema compiled) : schema(std::move(compiled)) {}
  checks::JsonSchema schema;
  std::string_view type() const noexcept override { return "json_schema"; }
  std::optional<std::string> objection(std::string_view answer) const override;
};

struct NumericRule final : Check::Rule {
  enum class Pick : unsigned char { first, last, only };
  double value = 0;
  double tolerance = 0;  // absolute
  double relative = 0;   // share of |value|; the larger of both counts
  Pick pick = Pick::last;
  std::string_view type() const noexcept override { return "numeric"; }
  std::optional<std::string> objection(std::string_view answer) const override;
};

/// The numbers in a text, left to right: sign, digits with thousands commas,
/// fraction, exponent. A minus right behind a letter or digit is a hyphen.
std::vector<double> numbers_in(std::string_view text);

}  // namespace plimsoll::eval
