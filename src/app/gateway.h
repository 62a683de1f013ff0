#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/admin.h"
#include "app/ingress.h"
#include "app/serving.h"
#include "app/system_ports.h"
#include "net/loop.h"
#include "ports/accounts.h"
#include "ports/budgets.h"
#include "ports/keys.h"
#include "ports/trail_sink.h"
#include "store/embedded/flights.h"
#include "store/embedded/limits.h"
#include "store/embedded/memory_answers.h"
#include "store/embedded/target_health.h"

namespace plimsoll::app {

/// The gateway of one process: loops, connections, the front door and the admin
/// port. Made and used from the main thread.
class Gateway {
 public:
  struct Outside {
    ports::TrailSink& sink;                // must outlive the gateway
    ports::Accounts& accounts;             // must outlive the gateway
    std::function<std::string()> metrics;  // Prometheus text; thread-safe
    ports::Budgets* budgets = nullptr;     // must outlive the gateway; null: none are kept
    const ports::Keys* keys = nullptr;     // must outlive the gateway; null: none but the plan's
  };

  /// Starts the loops and listens as `plan` says.
  ///
  /// Errors
  ///   io_failed        an address cannot be bound
  ///   config_invalid   a rule of the plan does not compile
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> start(std::shared_ptr<const Plan> plan,
                                                              Outside outside);
  ~Gateway();

  /// Puts `plan` in place for calls that begin from now on, and reads the TLS
  /// certificates again. On error the running plan stays.
  ///
  /// Errors
  ///   config_invalid   it changes what needs a restart (named), or does not compile
  ///   io_failed        a certificate cannot be read
  [[nodiscard]] Result<void> reload(std::shared_ptr<const Plan> plan);

  /// Not ready any more; lets calls end until the plan's drain limit. Returns
  /// how many had to be cut.
  std::size_t drain();

  std::uint16_t port() const { return server_->port(); }
  std::uint16_t admin_port() const { return admin_server_ ? admin_server_->port() : 0; }
  std::size_t threads() const { return loops_.size(); }
  Health& health() noexcept { return health_; }
  net::ServerCounters counters() const { return server_->counters(); }
  std::chrono::nanoseconds worst_lag();

  /// What is known of the targets; outlives every plan.
  std::vector<ports::TargetView> targets() const { return targets_.views(timers_.now()); }

 private:
  Gateway(std::size_t threads, Outside outside);
  Result<void> listen(const Plan& plan);
  ProcessPorts process_ports() {
    return {timers_, random_,  accounts_, *clients_, targets_, calibration_,
            keys_,   budgets_, limits_,   answers_,  flights_};
  }

  SystemTimers timers_;
  SystemRandom random_;
  store::EmbeddedTargetHealth targets_{random_};
  tokens::Calibration calibration_;
  store::EmbeddedLimits limits_{random_.next()};
  store::MemoryAnswers answers_;
  store::EmbeddedFlights flights_;
  ports::Accounts& accounts_;
  ports::NoKeys no_keys_;
  const ports::Keys& keys_;
  ports::NoBudgets no_budgets_;
  ports::Budgets& budgets_;
  Health health_;
  net::LoopGroup loops_;
  std::unique_ptr<providers::ClientPool> clients_;
  ServingSlots slots_;
  Ingress ingress_;
  Admin admin_;
  std::shared_ptr<const Serving> serving_;
  std::unique_ptr<net::Server> server_, admin_server_;
};

/// What of `next` would need a restart, in the words of the one-pager; "" if
/// nothing.
std::string needs_restart(const Plan& running, const Plan& next);

}  // namespace plimsoll::app
