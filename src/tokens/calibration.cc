#include "tokens/calibration.h"

#include <algorithm>

namespace plimsoll::tokens {
namespace {

constexpr double kKept = 0.99;  // of the older sums, with each prompt

/// So many tokens are taken to have been estimated rightly before the first
/// prompt: one short prompt proves little.
constexpr double kBelieved = 500;

}  // namespace

double Calibration::factor(std::string_view model) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(model);
  if (found == models_.end()) return 1;
  const Sums& sums = found->second;
  return std::clamp((sums.billed + kBelieved) / (sums.estimated + kBelieved), kLowest, kHighest);
}

void Calibration::observe(std::string_view model, std::int64_t estimated, std::int64_t billed) {
  if (estimated <= 0 || billed <= 0) return;
  const std::lock_guard lock(mutex_);
  auto found = models_.find(model);
  if (found == models_.end()) {
    if (models_.size() >= kModelsMax) return;
    found = models_.emplace(std::string(model), Sums{}).first;
  }
  Sums& sums = found->second;
  sums.estimated = sums.estimated * kKept + static_cast<double>(estimated);
  sums.billed = sums.billed * kKept + static_cast<double>(billed);
}

}  // namespace plimsoll::tokens
