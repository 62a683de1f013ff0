#pragma once

#include <memory>
#include <vector>

#include "model/call.h"
#include "ports/target_health.h"

namespace plimsoll::stages {

/// The rung that an attempt stands on.
inline const Rung& rung_of(const Call& call) {
  return call.feature->ladder[static_cast<std::size_t>(call.rung)];
}

/// The model that rung `rung` of the call's ladder names, or the one the call
/// named directly. The rung asks a model.
inline const ModelEntry& model_of(const Call& call, std::size_t rung) {
  if (call.ad_hoc_model) return *call.ad_hoc_model;
  return call.plan->models[call.feature->ladder[rung].model];
}

/// The states of a plan's targets: looked up once per plan, where the plan
/// knows the credential; per call, where the client brings it or names a model
/// that the plan does not list. Immutable. Must not outlive `health`.
class Targets {
 public:
  Targets(const Plan& plan, ports::TargetHealth& health);

  /// Null for a rung that asks no model.
  std::shared_ptr<ports::TargetState> of(const Call& call, std::size_t rung) const;

 private:
  ports::TargetHealth& health_;
  std::vector<std::shared_ptr<ports::TargetState>> by_model_;  // null: look it up
};

}  // namespace plimsoll::stages
