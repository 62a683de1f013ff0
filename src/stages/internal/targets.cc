#include "stages/internal/targets.h"

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

}  // namespace

Targets::Targets(const Plan& plan, ports::TargetHealth& health) : health_(health) {
  for (const ModelEntry& model : plan.models) {
    const Provider& provider = plan.providers[model.provider];
    by_model_.push_back(provider.pass_client_key
                            ? nullptr
                            : health.of(name_of(provider, model, &provider.key), provider.targets));
  }
}

std::shared_ptr<ports::TargetState> Targets::of(const Call& call, std::size_t rung) const {
  if (!call.feature->ladder[rung].asks_model()) return nullptr;
  if (!call.ad_hoc_model)
    if (const auto& known = by_model_[call.feature->ladder[rung].model]) return known;
  const ModelEntry& model = model_of(call, rung);
  const Provider& provider = call.plan->providers[model.provider];
  const Secret* key = provider.pass_client_key ? call.client_credential.get() : &provider.key;
  return health_.of(name_of(provider, model, key), provider.targets);
}

}  // namespace plimsoll::stages
