#include "config/cross_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/candidates.h"
#include "catalogue/catalogue.h"
#include "checks/excerpt.h"

namespace plimsoll::config {
namespace {

template <class Named>
std::vector<std::string_view> names_of(const std::vector<Named>& all) {
  std::vector<std::string_view> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

template <class Named>
std::optional<std::size_t> index_of(const std::vector<Named>& all, std::string_view name) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return i;
  return std::nullopt;
}

/// A section that was written and could not be read names nothing.
bool is_unread(const Places& places, const std::string& path) {
  return places.written(path) && !places.good(path);
}

/// "did you mean "fast"? providers of this file: fast, smart".
std::string candidates(std::string_view wrong, const std::vector<std::string_view>& names,
                       std::string_view noun) {
  if (names.empty()) return fmt::format("add it: this file has no {}", noun);
  const auto near = nearest_names(wrong, names);
  const std::size_t shown = std::min<std::size_t>(names.size(), 10);
  const std::vector<std::string_view> some(names.begin(),
                                           names.begin() + static_cast<std::ptrdiff_t>(shown));
  return fmt::format("{}{} of this file: {}{}",
                     near.empty() ? "" : fmt::format("did you mean {}? ", quoted_choice(near)),
                     noun, fmt::join(some, ", "), shown < names.size() ? ", ..." : "");
}

void take_price(ModelEntry& model, const Provider& provider, const std::string& path,
                const Places& places, Problems& problems) {
  const auto known = catalogue::lookup(provider.base_url, model.upstream_model);
  model.abilities = catalogue::abilities_of(provider.base_url, model.upstream_model);
  if (known) model.context_tokens_max = known->context_tokens_max;
  if (known && model.output_tokens_max == 0) model.output_tokens_max = known->output_tokens_max;
  if (model.price || places.written(path + "/price")) return;
  if (known) {
    model.price = known->price;
    return;
  }
  problems.add(
      places.of(path + "/model"), "config_model_without_price",
      fmt::format("model \"{}\" has no price, and the catalogue of {} has none for \"{}\"",
                  model.name, catalogue::as_of(), checks::excerpt(model.upstream_model, 60)),
      "add price: {input: 0.25, output: 2} with its dollars per million tokens; on your "
      "own machine {input: 0, output: 0}");
}

/// Where nobody said how many tries there are, every model of the ladder has one.
void allow_each_rung(Feature& feature, const Places& places, const std::string& path) {
  if (places.written(path + "/retry/attempts")) return;
  const auto models = std::ranges::count_if(feature.ladder, &Rung::asks_model);
  constexpr std::ptrdiff_t kAttemptsMax = 10;
  feature.retry.attempts =
      static_cast<int>(std::clamp<std::ptrdiff_t>(models, feature.retry.attempts, kAttemptsMax));
}

}  // namespace

void cross_check(Draft& draft, const Places& places, Problems& problems) {
  check_models(draft, places, problems);
  check_rungs(draft, places, problems);
  check_ladders(draft, places, problems);
  check_routes(draft, places, problems);
  check_critical(draft, places, problems);
  check_objectives(draft, places, problems);
  check_contracts(draft, places, problems);
  check_budgets(draft, places, problems);
  check_doors(draft, places, problems);
  spread_over_keys(draft);
}

void check_models(Draft& draft, const Places& places, Problems& problems) {
  if (is_unread(places, "providers")) return;
  auto& models = draft.plan.models;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const std::string path = fmt::format("models/{}", i);
    if (!places.good(path + "/provider")) continue;
    const auto provider = index_of(draft.plan.providers, draft.model_providers[i]);
    if (!provider) {
      problems.add(
          places.of(path + "/provider"), "config_unknown_provider",
          fmt::format("model \"{}\" names provider \"{}\", which is not in this file",
                      models[i].name, draft.model_providers[i]),
          candidates(draft.model_providers[i], names_of(draft.plan.providers), "providers"));
      continue;
    }
    models[i].provider = *provider;
    const std::string url = fmt::format("providers/{}/base_url", *provider);
    if (places.good(path + "/model") && places.good(url))
      take_price(models[i], draft.plan.providers[*provider], path, places, problems);
  }
}

namespace {

/// Resolves the names of one feature's rungs.
struct RungNames {
  const Draft& draft;
  const Places& places;
  Problems& problems;
  std::string feature;

  /// Empty: a problem was added, now or when it was read.
  std::optional<std::size_t> model(const std::string& name, std::size_t rung,
                                   const std::string& at) const;
  bool resolve(const RungDraft& from, std::size_t rung, const std::string& path, Rung& to) const;
};

std::optional<std::size_t> RungNames::model(const std::string& name, std::size_t rung,
                                            const std::string& at) const {
  if (!places.good(at) || is_unread(places, "models")) return std::nullopt;
  const auto found = index_of(draft.plan.models, name);
  if (!found)
    problems.add(places.of(at), "config_unknown_model",
                 fmt::format("rung {} of feature \"{}\" names model \"{}\", which is not in "
                             "this file",
                             rung + 1, feature, name),
                 candidates(name, names_of(draft.plan.models), "models"));
  return found;
}

/// False: the rung cannot be used.
bool RungNames::resolve(const RungDraft& from, std::size_t rung, const std::string& path,
                        Rung& to) const {
  to = from.rung;
  if (!to.asks_model()) return true;
  if (from.any.empty()) {
    if (places.written(path + "/any"))
      problems.add(places.of(path + "/any"), "config_missing_key",
                   fmt::format("rung {} of feature \"{}\" names no model", rung + 1, feature),
                   "name two or more: any: [fast-eu, fast-us]");
    const auto one = model(from.model, rung, path + "/model");
    to.model = one.value_or(0);
    return one.has_value();
  }
  for (std::size_t i = 0; i < from.any.size(); ++i) {
    const std::string item = fmt::format("{}/any/{}", path, i);
    const bool brief = !places.written(item + "/model");
    const auto one = model(from.any[i], rung, brief ? item : item + "/model");
    if (!one) return false;
    to.any[i].model = *one;
    if (std::ranges::find(from.any.begin(), from.any.begin() + static_cast<std::ptrdiff_t>(i),
                          from.any[i]) != from.any.begin() + static_cast<std::ptrdiff_t>(i))
      problems.add(places.of(item), "config_contradiction",
                   fmt::format("rung {} of feature \"{}\" names model \"{}\" twice", rung + 1,
                               feature, from.any[i]),
                   "keep one, with a higher weight if it is to carry more");
  }
  to.model = to.any.front().model;
  return true;
}

}  // namespace

void check_ladders(Draft& draft, const Places& places, Problems& problems) {
  for (Feature& feature : draft.plan.features) {
    const std::string path = fmt::format("features/{}", feature.index);
    const auto& rungs = draft.ladders[feature.index];
    if (rungs.empty() && places.good(path + "/ladder"))
      problems.add(places.of(path + "/ladder"), "config_empty_ladder",
                   fmt::format("the ladder of feature \"{}\" has no rungs", feature.name),
                   "add one: ladder: [{model: NAME}]");
    const RungNames names{draft, places, problems, feature.name};
    for (std::size_t i = 0; i < rungs.size(); ++i) {
      Rung rung;
      if (names.resolve(rungs[i], i, fmt::format("{}/ladder/{}", path, i), rung))
        feature.ladder.push_back(std::move(rung));
    }
    allow_each_rung(feature, places, path);
    if (index_of(draft.plan.models, feature.name))
      problems.add(places.of(path), "config_name_taken",
                   fmt::format("feature \"{}\" has the name of a model", feature.name),
                   "rename one of the two");
  }
}

/// A provider of several keys becomes as many accounts, and each of its models as
/// many entries. Last, so that all checks see the file as it was written.
void spread_over_keys(Draft& draft) {
  Plan& plan = draft.plan;
  const std::size_t providers = plan.providers.size(), models = plan.models.size();
  for (std::size_t p = 0; p < providers; ++p) {
    const auto& keys = draft.provider_keys[p];
    if (!keys.empty()) plan.providers[p].key = keys.front();
    for (std::size_t k = 1; k < keys.size(); ++k) {
      plan.providers.push_back(plan.providers[p]);
      plan.providers.back().key = keys[k];
      for (std::size_t m = 0; m < models; ++m) {
        if (plan.models[m].provider != p || plan.models[m].twin) continue;
        ModelEntry twin = plan.models[m];
        twin.provider = plan.providers.size() - 1;
        twin.twins.clear();
        twin.twin = true;
        plan.models[m].twins.push_back(plan.models.size());
        plan.models.push_back(std::move(twin));
      }
    }
  }
}

}  // namespace plimsoll::config
