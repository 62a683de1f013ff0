#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/call.h"
#include "ports/target_health.h"
#include "stages/internal/choice.h"

namespace plimsoll::stages {

/// The rung that an attempt stands on.
inline const Rung& rung_of(const Call& call) {
  return call.feature->ladder[static_cast<std::size_t>(call.rung)];
}

/// The model that rung `rung` of the call's ladder names, the first of several, or
/// the one the call named directly. The rung asks a model.
inline const ModelEntry& model_of(const Call& call, std::size_t rung) {
  if (call.ad_hoc_model) return *call.ad_hoc_model;
  return call.plan->models[call.feature->ladder[rung].model];
}

/// Where the rungs of a plan can be asked: every model that a rung names, under
/// every key of its provider. Looked up once per plan, where the plan knows the
/// credential; per call, where the client brings it or names a model that the
/// plan does not list. Immutable. Must outlive neither `plan` nor `health`.
class Targets {
 public:
  using Places = std::vector<Candidate>;

  Targets(const Plan& plan, ports::TargetHealth& health);

  /// One to kCandidatesMax places for a rung that asks a model, none for another.
  /// They lie in this object, or in `made`, which then holds them for this call.
  std::span<const Candidate> of(const Call& call, std::size_t rung, Places& made) const;

 private:
  void add(Places& places, const Plan& plan, const Alternative& one) const;
  Places places_of(const Plan& plan, const Rung& rung) const;
  const Places* known(const Call& call, std::size_t rung) const;

  ports::TargetHealth& health_;
  std::vector<std::vector<Places>> by_rung_;  // of each feature
  std::vector<Places> by_model_;              // of calls that name a model of the plan
};

}  // namespace plimsoll::stages
