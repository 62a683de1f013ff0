#pragma once

#include <memory>

#include "app/pipeline_order.h"
#include "model/plan.h"
#include "pipeline/stage.h"
#include "providers/http_upstream.h"

namespace plimsoll::app {

/// A Plan with what was built from it. Immutable; kept alive by every call that
/// began under it.
struct Serving {
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<providers::HttpUpstream> upstream;
  std::unique_ptr<pipeline::Pipeline> pipeline;
};

/// What outlives every plan.
struct ProcessPorts {
  ports::Timers& timers;
  ports::Random& random;
  ports::Accounts& accounts;
  const providers::ClientPool& clients;
  ports::TargetHealth& targets;
  tokens::Calibration& calibration;
  const ports::Keys& keys;
  ports::Budgets& budgets;
  ports::Limits& limits;
  ports::AnswerCache& answers;
  ports::Flights& flights;
};

/// Builds the pipeline of `plan`. `earlier` (may be null) gives its connections
/// over where the addresses are the same.
///
/// Errors
///   config_invalid   a pattern or an address of the plan is wrong
[[nodiscard]] Result<std::shared_ptr<const Serving>> make_serving(std::shared_ptr<const Plan> plan,
                                                                  const ProcessPorts& ports,
                                                                  const Serving* earlier);

}  // namespace plimsoll::app
