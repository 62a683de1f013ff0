#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "net/http_server.h"

namespace plimsoll::app {

/// What the admin pages tell of the process. Thread-safe.
class Health {
 public:
  void set_ready(bool ready) noexcept { ready_.store(ready); }
  bool ready() const noexcept { return ready_.load(); }
  void set_plan(std::string version);
  /// The problems of the last reload that was refused; "" when it went well.
  void set_reload_error(std::string text);
  bool reload_failed() const;

  /// The body of /readyz.
  std::string json() const;

 private:
  std::atomic<bool> ready_{false};
  mutable std::mutex mutex_;
  std::string plan_;
  std::string reload_error_;
};

/// The admin port: /metrics, /healthz, /readyz. Loopback by default; carries no
/// secrets and no text of calls.
class Admin final : public net::Handler {
 public:
  /// `metrics` gives the Prometheus text; called on a loop, thread-safe.
  Admin(const Health& health, std::function<std::string()> metrics)
      : health_(health), metrics_(std::move(metrics)) {}

  Task<void> handle(net::Exchange& exchange) override;
  std::string error_body(const Error& error) override;

 private:
  const Health& health_;
  std::function<std::string()> metrics_;
};

}  // namespace plimsoll::app
