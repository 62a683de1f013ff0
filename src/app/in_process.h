#pragma once

#include <memory>
#include <string>

#include "app/pipeline_subject.h"
#include "app/serving.h"
#include "app/system_ports.h"
#include "eval/subject.h"
#include "net/loop.h"
#include "store/embedded/accounts.h"
#include "store/embedded/flights.h"
#include "store/embedded/limits.h"
#include "store/embedded/memory_answers.h"
#include "store/embedded/target_health.h"
#include "telemetry/fan_out.h"

namespace plimsoll::app {

/// A plan's pipeline on one loop of this process, without a door: for eval.
/// Listens nowhere, asks for no key and keeps no ledger.
class InProcess {
 public:
  /// Errors
  ///   config_invalid   a rule of the plan does not compile
  [[nodiscard]] static Result<std::unique_ptr<InProcess>> start(std::shared_ptr<const Plan> plan);
  ~InProcess();

  /// One loop, running.
  net::LoopGroup& loops() noexcept { return loops_; }

  /// Asks `model`: a feature, a model, or provider/model. Must not outlive this.
  std::unique_ptr<eval::Subject> subject(std::string model);

 private:
  InProcess();

  SystemTimers timers_;
  SystemRandom random_;
  tokens::Calibration calibration_;
  ports::NoKeys no_keys_;
  ports::NoBudgets no_budgets_;
  store::EmbeddedLimits limits_;
  store::MemoryAnswers answers_{0};
  store::EmbeddedFlights flights_;
  store::EmbeddedAccounts accounts_;
  store::EmbeddedTargetHealth targets_{random_};
  telemetry::FanOut no_sinks_{{}};
  net::LoopGroup loops_{1};
  providers::ClientPool clients_{loops_};
  std::shared_ptr<const Serving> serving_;
};

}  // namespace plimsoll::app
