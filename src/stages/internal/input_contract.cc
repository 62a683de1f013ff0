#include "stages/internal/input_contract.h"

#include <fmt/format.h>

namespace plimsoll::stages {
namespace {

std::unexpected<Error> too_long(const Said& said, const Feature& feature) {
  return fail(
      ErrorKind::input_rejected,
      fmt::format("\"messages\" have {} characters of text; feature \"{}\" takes at most {}",
                  said.chars, feature.name, *feature.input.max_chars),
      "shorten the messages");
}

std::unexpected<Error> breaks(const Said& said, const Feature& feature, std::string_view what) {
  return fail(ErrorKind::input_rejected,
              fmt::format("{} breaks the input contract of feature \"{}\": {}", said.last_place,
                          feature.name, what),
              fmt::format("send a text that fits {}", feature.input.schema->path));
}

std::string told(const Violation& violation) {
  return fmt::format("at {}: expected {}; found {}",
                     violation.where.empty() ? "the top" : violation.where, violation.expected,
                     violation.found);
}

}  // namespace

Result<InputContracts> InputContracts::compile(const Plan& plan) {
  InputContracts contracts;
  for (const Feature& feature : plan.features) {
    std::optional<checks::JsonSchema> schema;
    if (const auto& file = feature.input.schema) {
      PLIMSOLL_TRY(schema, checks::JsonSchema::compile(file->text));
    }
    contracts.schemas_.push_back(std::move(schema));
  }
  return contracts;
}

Result<void> InputContracts::check(const Call& call) const {
  if (call.said == nullptr) return {};
  const Feature& feature = *call.feature;
  const Said& said = *call.said;
  if (feature.input.max_chars && said.chars > *feature.input.max_chars)
    return too_long(said, feature);
  const auto& schema = schemas_[feature.index];
  if (!schema) return {};
  thread_local json::Document document;
  const auto value = document.parse(said.last);
  if (!value) return breaks(said, feature, "it is " + value.error().what);
  const auto judgement = schema->judge(*value, said.last);
  if (judgement.outcome == checks::JsonSchema::Outcome::fits) return {};
  const std::string why = judgement.violations.empty() ? "it is too large to judge"
                                                       : told(judgement.violations.front());
  return breaks(said, feature, why);
}

}  // namespace plimsoll::stages
