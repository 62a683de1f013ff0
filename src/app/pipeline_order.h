#pragma once

#include <memory>

#include "pipeline/stage.h"
#include "ports/accounts.h"
#include "ports/answer_cache.h"
#include "ports/budgets.h"
#include "ports/flights.h"
#include "ports/keys.h"
#include "ports/limits.h"
#include "ports/random.h"
#include "ports/target_health.h"
#include "ports/timers.h"
#include "ports/upstream.h"
#include "tokens/calibration.h"

namespace plimsoll::app {

/// What the stages need from outside. All must outlive the pipeline.
struct StagePorts {
  ports::Timers& timers;
  ports::Random& random;
  ports::Accounts& accounts;
  ports::Upstream& upstream;
  ports::TargetHealth& targets;
  tokens::Calibration& calibration;
  const ports::Keys& keys;
  ports::Budgets& budgets;
  ports::Limits& limits;
  ports::AnswerCache& answers;
  ports::Flights& flights;
};

/// Errors
///   config_invalid   a rule of the plan does not compile
[[nodiscard]] Result<std::unique_ptr<pipeline::Pipeline>> make_pipeline(const Plan& plan,
                                                                        const StagePorts& ports);

}  // namespace plimsoll::app
