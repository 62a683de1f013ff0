#include "stages/internal/targets.h"

#include <algorithm>
#include <functional>

#include "base/hash.h"

namespace plimsoll::stages {
namespace {

/// A client may name a model of any length; what is kept is short.
constexpr std::size_t kModelBytesMax = 200;
constexpr std::size_t kKeyDigits = 12;

std::string short_name(const std::string& model) {
  return model.size() <= kModelBytesMax ? model : fingerprint(model);
}

ports::TargetName name_of(const Provider& provider, const ModelEntry& model, const Secret* key) {
  ports::TargetName name{.provider = provider.name, .model = short_name(model.upstream_model)};
  if (key != nullptr && !key->empty()) name.key = fingerprint(key->reveal()).substr(0, kKeyDigits);
  return name;
}

/// True when the credential of a place comes with the call.
bool needs_client(const Plan& plan, const Targets::Places& places) {
  return std::ranges::any_of(places, [&plan](const Candidate& place) {
    return plan.providers[place.model->provider].pass_client_key;
  });
}

}  // namespace

Targets::Targets(const Plan& plan, ports::TargetHealth& health) : health_(health) {
  for (const Feature& feature : plan.features) {
    auto& rungs = by_rung_.emplace_back();
    for (const Rung& rung : feature.ladder) rungs.push_back(places_of(plan, rung));
  }
  for (std::size_t i = 0; i < plan.models.size(); ++i)
    by_model_.push_back(places_of(plan, Rung{.model = i}));
}

std::span<const Candidate> Targets::of(const Call& call, std::size_t rung, Places& made) const {
  const Rung& asked = call.feature->ladder[rung];
  if (!asked.asks_model()) return {};
  const Places* places = known(call, rung);
  if (places != nullptr && !needs_client(*call.plan, *places)) return *places;
  if (places != nullptr) {
    made = *places;
  } else {
    made = {{.model = call.ad_hoc_model.get()}};
  }
  for (Candidate& place : made) {
    const Provider& provider = call.plan->providers[place.model->provider];
    const Secret* key = provider.pass_client_key ? call.client_credential.get() : &provider.key;
    place.target = health_.of(name_of(provider, *place.model, key), provider.targets);
  }
  return made;
}

/// Null: the plan does not list the model.
const Targets::Places* Targets::known(const Call& call, std::size_t rung) const {
  const std::vector<ModelEntry>& models = call.plan->models;
  if (!call.ad_hoc_model) {
    const Rung& asked = call.feature->ladder[rung];
    if (asked.any.empty()) return &by_model_[asked.model];
    // A route may have changed the order of the ladder, but not what its rungs name.
    const std::vector<Rung>& ladder = call.plan->features[call.feature->index].ladder;
    const auto as_written = std::ranges::find(ladder, asked.any, &Rung::any);
    return &by_rung_[call.feature->index][static_cast<std::size_t>(as_written - ladder.begin())];
  }
  const ModelEntry* named = call.ad_hoc_model.get();
  const bool listed = !models.empty() && std::less_equal{}(models.data(), named) &&
                      std::less{}(named, models.data() + models.size());
  return listed ? &by_model_[static_cast<std::size_t>(named - models.data())] : nullptr;
}

Targets::Places Targets::places_of(const Plan& plan, const Rung& rung) const {
  Places places;
  if (!rung.asks_model()) return places;
  if (rung.any.empty()) add(places, plan, {.model = rung.model});
  for (const Alternative& one : rung.any) add(places, plan, one);
  return places;
}

/// A model under each key of its provider.
void Targets::add(Places& places, const Plan& plan, const Alternative& one) const {
  const auto keys = static_cast<double>(plan.models[one.model].twins.size() + 1);
  const auto add_one = [&](const ModelEntry& model) {
    if (places.size() == kCandidatesMax) return;
    const Provider& provider = plan.providers[model.provider];
    places.push_back({.model = &model, .weight = one.weight / keys, .priority = one.priority});
    if (!provider.pass_client_key)
      places.back().target = health_.of(name_of(provider, model, &provider.key), provider.targets);
  };
  add_one(plan.models[one.model]);
  for (const std::size_t twin : plan.models[one.model].twins) add_one(plan.models[twin]);
}

}  // namespace plimsoll::stages
