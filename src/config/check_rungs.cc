#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "checks/json_schema.h"
#include "config/cross_checks.h"

namespace plimsoll::config {
namespace {

constexpr std::string_view kKinds[] = {"model", "any", "static", "rules", "http", "chain"};

/// What only a rung that asks a model has.
constexpr std::string_view kOfModels[] = {"temperature", "seed", "output_tokens", "tighten"};

/// One rung under judgement.
struct Bench {
  const Feature& feature;
  const RungDraft& draft;
  std::size_t index;
  const Places& places;
  Problems& problems;

  std::string path() const { return fmt::format("features/{}/ladder/{}", feature.index, index); }
  std::string subject() const {
    return fmt::format("rung {} of feature \"{}\"", index + 1, feature.name);
  }
  bool names_kind() const;
  void one_kind() const;
  void fields_of_models() const;
  void fixed_text() const;
};

/// One that could not be read, or comes later, is a problem of its own.
bool Bench::names_kind() const {
  return std::ranges::any_of(kKinds, [this](std::string_view kind) {
    return places.written(fmt::format("{}/{}", path(), kind));
  });
}

void Bench::one_kind() const {
  if (draft.kinds.empty() && places.good(path()) && !names_kind())
    problems.add(places.of(path()), "config_missing_key",
                 fmt::format("{} does not say what answers", subject()),
                 "add \"model\" with the name of an entry of models, or \"static\" with a text");
  if (draft.kinds.size() > 1)
    problems.add(
        places.of(fmt::format("{}/{}", path(), draft.kinds[1])), "config_contradiction",
        fmt::format("{} says both \"{}\" and \"{}\"", subject(), draft.kinds[0], draft.kinds[1]),
        "make two rungs of it, or remove one of the two");
}

void Bench::fields_of_models() const {
  if (draft.rung.asks_model() || draft.kinds.size() != 1) return;
  for (const std::string_view field : kOfModels) {
    const std::string at = fmt::format("{}/{}", path(), field);
    if (places.written(at))
      problems.add(places.of(at), "config_contradiction",
                   fmt::format("{} asks no model and has a \"{}\"", subject(), field),
                   fmt::format("remove \"{}\"", field));
  }
}

/// Whoever parses the answers of a feature must be able to parse this one.
void Bench::fixed_text() const {
  const OutputRules& rules = feature.output;
  const bool json = rules.json || rules.schema || !rules.json_required.empty();
  if (draft.rung.kind != Rung::Kind::fixed_text || !json) return;
  json::Document document;
  const auto value = document.parse(draft.rung.text);
  std::string broken;
  if (!value) {
    broken = "is no JSON";
  } else if (rules.schema) {
    const auto schema = checks::JsonSchema::compile(rules.schema->text);
    if (!schema) return;
    const auto judgement = schema->judge(*value, draft.rung.text);
    if (judgement.outcome == checks::JsonSchema::Outcome::breaks)
      broken = fmt::format("does not fit its schema at {}: expected {}",
                           judgement.violations.front().where.empty()
                               ? "the top"
                               : judgement.violations.front().where,
                           judgement.violations.front().expected);
  }
  if (broken.empty()) return;
  problems.add(
      places.of(path() + "/static"), "config_contradiction",
      fmt::format("feature \"{}\" answers JSON, and its static text {}", feature.name, broken),
      "write a text that keeps the contract, such as '{\"status\": \"later\"}'");
}

}  // namespace

void check_rungs(const Draft& draft, const Places& places, Problems& problems) {
  for (const Feature& feature : draft.plan.features) {
    const auto& rungs = draft.ladders[feature.index];
    for (std::size_t i = 0; i < rungs.size(); ++i) {
      const Bench bench{feature, rungs[i], i, places, problems};
      bench.one_kind();
      bench.fields_of_models();
      bench.fixed_text();
    }
  }
}

}  // namespace plimsoll::config
