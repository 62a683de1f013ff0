#pragma once

#include "pipeline/stage.h"
#include "ports/random.h"
#include "ports/target_health.h"
#include "ports/timers.h"
#include "stages/internal/correction.h"
#include "stages/internal/targets.h"

namespace plimsoll::stages {

/// Owns the attempts of a call: tries rungs in order under one deadline and one
/// attempt budget, keeps the waits that targets asked for, and leaves targets
/// alone that rest. Once the first content of a reply is at hand (or, in verified
/// mode, the whole of it) the reply is handed up and nothing is sent again.
///
/// Errors: those of the last attempt; those of a target that could not be asked
/// (the kind of its cooldown, upstream_resting); deadline_exceeded; cancelled.
class Ladder final : public pipeline::Stage {
 public:
  Ladder(const Plan& plan, ports::Timers& timers, ports::Random& random,
         ports::TargetHealth& health)
      : timers_(timers), random_(random), targets_(plan, health), corrections_(plan) {}
  std::string_view name() const noexcept override { return "ladder"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  ports::Timers& timers_;
  ports::Random& random_;
  Targets targets_;
  Corrections corrections_;
};

}  // namespace plimsoll::stages
