#include "app/model_names.h"

#include <fmt/format.h>

#include "base/candidates.h"
#include "catalogue/catalogue.h"

namespace plimsoll::app {
namespace {

template <class T>
const T* named(const std::vector<T>& list, std::string_view name) {
  for (const T& item : list)
    if (item.name == name) return &item;
  return nullptr;
}

std::shared_ptr<const ModelEntry> entry_for(const Plan& plan, std::size_t provider,
                                            std::string_view model) {
  ModelEntry entry{
      .name = std::string(model), .provider = provider, .upstream_model = std::string(model)};
  if (const auto known = catalogue::lookup(plan.providers[provider].base_url, model)) {
    entry.price = known->price;
    entry.output_tokens_max = known->output_tokens_max;
    entry.context_tokens_max = known->context_tokens_max;
  }
  entry.abilities = catalogue::abilities_of(plan.providers[provider].base_url, model);
  return std::make_shared<const ModelEntry>(std::move(entry));
}

std::unexpected<Error> not_found(const Plan& plan, std::string_view name) {
  const std::vector<std::string> served = served_names(plan);
  const std::vector<std::string_view> names(served.begin(), served.end());
  const auto near = nearest_names(name, names);
  std::string hint = near.empty() ? "ask GET /v1/models for the names that are served"
                                  : fmt::format("did you mean {}?", quoted_choice(near));
  return fail(ErrorKind::model_not_found,
              fmt::format("\"{}\" is no feature, no model of the one-pager and no provider/model",
                          name.substr(0, 200)),
              std::move(hint));
}

}  // namespace

Result<Resolved> resolve(const std::shared_ptr<const Plan>& shared, std::string_view name) {
  const Plan& plan = *shared;
  if (const Feature* feature = named(plan.features, name)) return Resolved{.feature = feature};
  if (const ModelEntry* model = named(plan.models, name))
    return Resolved{&plan.default_feature, std::shared_ptr<const ModelEntry>(shared, model)};
  if (const auto slash = name.find('/'); slash != std::string_view::npos && slash + 1 < name.size())
    for (std::size_t i = 0; i < plan.providers.size(); ++i)
      if (plan.providers[i].name == name.substr(0, slash))
        return Resolved{&plan.default_feature, entry_for(plan, i, name.substr(slash + 1))};
  if (plan.no_file && !plan.providers.empty())
    return Resolved{&plan.default_feature, entry_for(plan, 0, name)};
  return not_found(plan, name);
}

std::vector<std::string> served_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const Feature& feature : plan.features) names.push_back(feature.name);
  for (const ModelEntry& model : plan.models)
    if (!model.twin) names.push_back(model.name);
  return names;
}

}  // namespace plimsoll::app
