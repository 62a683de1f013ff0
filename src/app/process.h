#pragma once

#include <atomic>
#include <memory>

#include "app/gateway.h"
#include "store/embedded/accounts.h"
#include "store/embedded/budgets.h"
#include "store/embedded/key_ring.h"
#include "store/embedded/ledger.h"
#include "telemetry/fan_out.h"
#include "telemetry/log_line.h"
#include "telemetry/metrics.h"
#include "telemetry/target_metrics.h"

namespace plimsoll::app {

/// The whole of `plimsoll serve` but its command line: the gateway with its
/// ledger, metrics and log. Used from the main thread.
class Process {
 public:
  struct Switches {
    bool ledger = true;
    bool log = true;  // one line per request on standard output
  };

  /// Errors: as Gateway::start; storage_failed when the ledger cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<Process>> start(std::shared_ptr<const Plan> plan,
                                                              Switches switches);

  Gateway& gateway() noexcept { return *gateway_; }

  /// Puts a newly loaded plan in place. Problems, of the loading too, are kept in
  /// health, told on standard error and counted; the running plan stays.
  void reload(Result<std::shared_ptr<const Plan>> loaded);

  /// Drains the gateway and writes what is still queued. Returns the number of
  /// calls that were cut.
  std::size_t stop();

 private:
  Process() = default;
  Result<void> open_sinks(const Plan& plan, Switches switches);
  Result<void> open_keys(const Plan& plan);
  Result<void> open_budgets(const Plan& plan);
  Result<void> read_fresh(const Plan& next);
  Result<void> read_spending(std::span<const BudgetRule> rules);
  using View = store::EmbeddedBudgets::View;
  void register_values();
  void show_budgets(telemetry::Exposition& out) const;

  // In this order: a sink outlives the gateway that feeds it.
  store::EmbeddedAccounts accounts_;
  std::unique_ptr<store::KeyRing> keys_;
  telemetry::Metrics metrics_;
  std::unique_ptr<telemetry::LogLines> log_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<store::EmbeddedBudgets> budgets_;
  std::vector<BudgetRule> counted_budgets_;  // of the running plan
  std::unique_ptr<telemetry::FanOut> sinks_;
  std::atomic<std::uint64_t> reloads_{0}, reloads_refused_{0};
  std::unique_ptr<Gateway> gateway_;
  telemetry::TargetMetrics targets_{[this] { return gateway_->targets(); }};
};

}  // namespace plimsoll::app
