#include <fmt/format.h>

#include <algorithm>

#include "base/candidates.h"
#include "config/cross_checks.h"

namespace plimsoll::config {
namespace {

constexpr std::size_t kRulesMax = 64;

struct Bench {
  Draft& draft;
  Feature& feature;
  const Places& places;
  Problems& problems;

  std::string path(std::size_t rule) const {
    return fmt::format("features/{}/route/{}", feature.index, rule);
  }
  void model(std::size_t rule) const;
  void unreachable(std::size_t rule) const;
};

void Bench::model(std::size_t rule) const {
  const std::string at = path(rule) + "/use";
  if (!places.good(at) || (places.written("models") && !places.good("models"))) return;
  const std::string& wanted = draft.routes[feature.index][rule];
  const auto& models = draft.plan.models;
  const auto found = std::ranges::find(models, wanted, &ModelEntry::name);
  if (found != models.end()) {
    feature.route[rule].model = static_cast<std::size_t>(found - models.begin());
    return;
  }
  std::vector<std::string_view> names;
  for (const ModelEntry& model : models) names.push_back(model.name);
  const auto near = nearest_names(wanted, names);
  problems.add(places.of(at), "config_unknown_model",
               fmt::format("rule {} of feature \"{}\" uses model \"{}\", which is not in this file",
                           rule + 1, feature.name, wanted),
               near.empty() ? "add the model, or use one of this file"
                            : fmt::format("did you mean {}?", quoted_choice(near)));
}

void Bench::unreachable(std::size_t rule) const {
  problems.add(places.of(path(rule)), "config_contradiction",
               fmt::format("rule {} of feature \"{}\" is never reached: rule {} always holds",
                           rule + 1, feature.name, rule),
               "put the rule without a condition last");
}

}  // namespace

void check_routes(Draft& draft, const Places& places, Problems& problems) {
  for (Feature& feature : draft.plan.features) {
    const Bench bench{draft, feature, places, problems};
    bool decided = false;
    for (std::size_t i = 0; i < feature.route.size(); ++i) {
      bench.model(i);
      if (decided) {
        bench.unreachable(i);
        break;
      }
      decided = !places.written(bench.path(i) + "/when");
    }
    if (feature.route.size() > kRulesMax)
      problems.add(places.of(bench.path(kRulesMax)), "config_out_of_bounds",
                   fmt::format("feature \"{}\" has {} rules; at most {} are looked at",
                               feature.name, feature.route.size(), kRulesMax),
                   "join some of them with ||");
  }
}

}  // namespace plimsoll::config
