#include "app/in_process.h"

namespace plimsoll::app {

InProcess::InProcess() = default;

InProcess::~InProcess() { loops_.stop(); }

Result<std::unique_ptr<InProcess>> InProcess::start(std::shared_ptr<const Plan> plan) {
  Plan open = *plan;
  open.server.auth = Auth::none;
  // A measurement is no client: it would only measure its own limits.
  open.limits = {};
  open.budgets = {};
  for (Feature& feature : open.features) {
    feature.limits = {};
    feature.cache.use = CacheRules::Use::off;  // each case is asked anew
  }
  std::unique_ptr<InProcess> process(new InProcess());
  const ProcessPorts ports{.timers = process->timers_,
                           .random = process->random_,
                           .accounts = process->accounts_,
                           .clients = process->clients_,
                           .targets = process->targets_,
                           .calibration = process->calibration_,
                           .keys = process->no_keys_,
                           .budgets = process->no_budgets_,
                           .limits = process->limits_,
                           .answers = process->answers_,
                           .flights = process->flights_};
  PLIMSOLL_TRY(process->serving_,
               make_serving(std::make_shared<const Plan>(std::move(open)), ports, nullptr));
  process->loops_.start();
  return process;
}

std::unique_ptr<eval::Subject> InProcess::subject(std::string model) {
  return std::make_unique<PipelineSubject>(
      serving_, std::move(model),
      PipelineSubject::Ports{.sink = no_sinks_, .timers = timers_, .random = random_});
}

}  // namespace plimsoll::app
