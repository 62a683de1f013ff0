#include "stages/route.h"

#include "stages/internal/control_timer.h"

namespace plimsoll::stages {

Task<Result<Reply>> Route::handle(Call& call, pipeline::Next next) const {
  const ControlTimer timer(timers_, "route", *call.trail);
  const Plan& plan = *call.plan;
  const ModelEntry& model = *call.chosen;
  call.target = {.provider = &plan.providers[model.provider], .model = &model};
  AttemptTrail& attempt = call.trail->attempts[call.attempt];
  attempt.provider = call.target.provider->name;
  attempt.model = model.upstream_model;
  timer.passed(*call.trail, static_cast<int>(call.attempt));
  return next(call);
}

}  // namespace plimsoll::stages
