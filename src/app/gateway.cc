#include "app/gateway.h"

#include <fmt/format.h>

#include <algorithm>

namespace plimsoll::app {
namespace {

net::ServerLimits limits_of(const ServerRules& rules) {
  net::ServerLimits limits;
  limits.header_bytes_max = rules.header_bytes_max;
  limits.body_bytes_max = rules.body_bytes_max;
  limits.connections_max = rules.connections_max;
  limits.header_timeout = rules.header_timeout;
  limits.body_timeout = rules.body_timeout;
  limits.keep_alive_timeout = rules.keep_alive_timeout;
  return limits;
}

bool same_listeners(const std::vector<Listen>& a, const std::vector<Listen>& b) {
  return std::ranges::equal(a, b, [](const Listen& x, const Listen& y) {
    return x.address == y.address && x.tls_certificate_file == y.tls_certificate_file &&
           x.tls_key_file == y.tls_key_file;
  });
}

std::size_t threads_of(const Plan& plan) {
  return plan.server.threads > 0 ? static_cast<std::size_t>(plan.server.threads)
                                 : net::usable_cpus();
}

}  // namespace

std::string needs_restart(const Plan& running, const Plan& next) {
  if (!same_listeners(running.server.listen, next.server.listen)) return "server.listen";
  if (running.server.admin_address != next.server.admin_address) return "server.admin";
  if (running.server.threads != next.server.threads) return "server.threads";
  if (running.ledger.folder != next.ledger.folder || running.ledger.on != next.ledger.on)
    return "ledger.folder";
  return "";
}

Gateway::Gateway(std::size_t threads, Outside outside)
    : accounts_(outside.accounts),
      keys_(outside.keys != nullptr ? *outside.keys : no_keys_),
      budgets_(outside.budgets != nullptr ? *outside.budgets : no_budgets_),
      loops_(threads),
      clients_(std::make_unique<providers::ClientPool>(loops_)),
      slots_(threads),
      ingress_(slots_, {.sink = outside.sink,
                        .timers = timers_,
                        .random = random_,
                        .calibration = calibration_,
                        .keys = keys_}),
      admin_(health_, std::move(outside.metrics)) {}

Result<std::unique_ptr<Gateway>> Gateway::start(std::shared_ptr<const Plan> plan, Outside outside) {
  std::unique_ptr<Gateway> gateway(new Gateway(threads_of(*plan), std::move(outside)));
  PLIMSOLL_TRY(gateway->serving_, make_serving(plan, gateway->process_ports(), nullptr));
  for (std::size_t i = 0; i < gateway->loops_.size(); ++i)
    gateway->slots_.set(i, gateway->serving_);
  gateway->loops_.start();
  auto listening = gateway->listen(*plan);
  if (!listening) return std::unexpected(std::move(listening).error());
  gateway->health_.set_plan(plan->version);
  gateway->health_.set_ready(true);
  return gateway;
}

Gateway::~Gateway() {
  server_.reset();
  admin_server_.reset();
  loops_.stop();
  for (std::size_t i = 0; i < loops_.size(); ++i) slots_.set(i, nullptr);
}

Result<void> Gateway::listen(const Plan& plan) {
  server_ = std::make_unique<net::Server>(loops_, ingress_, limits_of(plan.server));
  for (const Listen& listen : plan.server.listen) {
    const net::ListenAddress address{.address = listen.address,
                                     .tls_certificate_file = listen.tls_certificate_file,
                                     .tls_key_file = listen.tls_key_file};
    auto bound = server_->listen(address);
    if (!bound) return bound;
  }
  if (plan.server.admin_address.empty()) return {};
  admin_server_ = std::make_unique<net::Server>(loops_, admin_, net::ServerLimits{});
  const net::ListenAddress admin_address{.address = plan.server.admin_address};
  return admin_server_->listen(admin_address);
}

Result<void> Gateway::reload(std::shared_ptr<const Plan> plan) {
  if (const std::string what = needs_restart(*serving_->plan, *plan); !what.empty())
    return fail(ErrorKind::config_invalid,
                fmt::format("{} changed, which a reload cannot do", what),
                "restart plimsoll, or put the old value back");
  PLIMSOLL_TRY(auto next, make_serving(plan, process_ports(), serving_.get()));
  auto certificates = server_->reload_certificates();
  if (!certificates) return certificates;
  serving_ = std::move(next);
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_.at(i).post([this, i, serving = serving_] { slots_.set(i, serving); });
  health_.set_plan(plan->version);
  return {};
}

std::size_t Gateway::drain() {
  health_.set_ready(false);
  const std::size_t cut = server_->drain(serving_->plan->server.drain_timeout);
  if (admin_server_) admin_server_->drain(std::chrono::milliseconds{100});
  return cut;
}

std::chrono::nanoseconds Gateway::worst_lag() {
  std::chrono::nanoseconds worst{0};
  for (std::size_t i = 0; i < loops_.size(); ++i) worst = std::max(worst, loops_.at(i).lag());
  return worst;
}

}  // namespace plimsoll::app
