#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/budget.h"
#include "model/limits.h"

namespace plimsoll {

/// Who holds a key, and what it may do. Its secret is known only by its hash, in
/// the store.
struct ClientKey {
  std::string id;                     // shown in ledger and logs
  std::string tenant;                 // "" = the default tenant
  std::vector<std::string> features;  // that it may ask; empty: all, and models by name
  LimitRules limits;                  // of this key alone
  std::optional<BudgetRule> budget;   // of this key alone
  std::optional<WallTime> expires;    // the whole key, whatever its secrets say

  bool may_ask(std::string_view feature) const {
    return features.empty() || std::ranges::find(features, feature) != features.end();
  }
};

}  // namespace plimsoll
