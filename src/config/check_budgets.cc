#include <fmt/format.h>

#include <algorithm>

#include "config/cross_checks.h"

namespace plimsoll::config {
namespace {

/// The model that a budget names, as the ledger calls it: by its upstream's name.
const ModelEntry* model_named(const Plan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.models, name, &ModelEntry::name);
  return found == plan.models.end() ? nullptr : &*found;
}

}  // namespace

/// A budget that is for nobody would look as if it held.
void check_budgets(Draft& draft, const Places& places, Problems& problems) {
  std::size_t index = 0;
  for (BudgetRule& rule : draft.plan.budgets) {
    if (rule.name.starts_with("features.")) continue;  // of an objective: it names its own
    const std::string at = fmt::format("budgets/{}/only", index++);
    if (rule.only.empty()) continue;
    if (rule.scope == BudgetScope::global)
      problems.add(places.of(at), "config_contradiction",
                   fmt::format("budget \"{}\" is global and for \"{}\" only", rule.name, rule.only),
                   "write per: feature, key, tenant or model, or take `only` away");
    const bool no_feature = rule.scope == BudgetScope::feature &&
                            std::ranges::none_of(draft.plan.features, [&](const Feature& feature) {
                              return feature.name == rule.only;
                            });
    const ModelEntry* model = model_named(draft.plan, rule.only);
    if (no_feature || (rule.scope == BudgetScope::model && model == nullptr))
      problems.add(places.of(at), "config_contradiction",
                   fmt::format("budget \"{}\" is for \"{}\", which is not in this file", rule.name,
                               rule.only),
                   "correct the name, or take `only` away");
    if (rule.scope == BudgetScope::model && model != nullptr) rule.only = model->upstream_model;
  }
}

}  // namespace plimsoll::config
