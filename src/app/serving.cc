#include "app/serving.h"

namespace plimsoll::app {

Result<std::shared_ptr<const Serving>> make_serving(std::shared_ptr<const Plan> plan,
                                                    const ProcessPorts& ports,
                                                    const Serving* earlier) {
  const providers::HttpUpstream* old = earlier != nullptr ? earlier->upstream.get() : nullptr;
  PLIMSOLL_TRY(auto upstream,
               providers::HttpUpstream::make(*plan, ports.clients, ports.timers, old));
  const StagePorts stage_ports{.timers = ports.timers,
                               .random = ports.random,
                               .accounts = ports.accounts,
                               .upstream = *upstream,
                               .targets = ports.targets,
                               .calibration = ports.calibration,
                               .keys = ports.keys,
                               .budgets = ports.budgets,
                               .limits = ports.limits,
                               .answers = ports.answers,
                               .flights = ports.flights};
  PLIMSOLL_TRY(auto pipeline, make_pipeline(*plan, stage_ports));
  auto serving = std::make_shared<Serving>();
  serving->plan = std::move(plan);
  serving->upstream = std::move(upstream);
  serving->pipeline = std::move(pipeline);
  return std::shared_ptr<const Serving>(std::move(serving));
}

}  // namespace plimsoll::app
