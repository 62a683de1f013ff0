#include "cli/features.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/candidates.h"

namespace plimsoll::cli {

Result<const Feature*> feature_named(const Plan& plan, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Feature& feature : plan.features) {
    if (feature.name == name) return &feature;
    names.push_back(feature.name);
  }
  if (name.empty() && plan.features.size() == 1) return &plan.features.front();
  const auto near = nearest_names(name, names);
  std::string what = name.empty() ? "which feature is meant?"
                                  : fmt::format("the one-pager has no feature \"{}\"", name);
  std::string hint = names.empty() ? "add one under features:"
                     : near.empty()
                         ? fmt::format("name one by --feature: {}", fmt::join(names, ", "))
                         : fmt::format("did you mean {}?", quoted_choice(near));
  return fail(ErrorKind::config_invalid, std::move(what), std::move(hint));
}

}  // namespace plimsoll::cli
