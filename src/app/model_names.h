#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace plimsoll::app {

/// What the `model` of a request stands for.
struct Resolved {
  const Feature* feature = nullptr;          // never null; the default one for bare models
  std::shared_ptr<const ModelEntry> ad_hoc;  // set when no feature was named
};

/// Resolves as feature, then `models` entry, then "provider/model"; without a
/// file any other name goes to the one provider as it is.
///
/// Errors
///   model_not_found   with the nearest names
[[nodiscard]] Result<Resolved> resolve(const std::shared_ptr<const Plan>& plan,
                                       std::string_view name);

/// Every name a client may ask for: features, then models.
std::vector<std::string> served_names(const Plan& plan);

}  // namespace plimsoll::app
