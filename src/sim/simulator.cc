#include "sim/simulator.h"

#include <fmt/format.h>

#include "sim/service.h"

namespace plimsoll::sim {

struct Simulator::Impl {
  Impl(SimulatorOptions options, std::unique_ptr<net::LoopGroup> own, net::LoopGroup* lent)
      : own_loops(std::move(own)),
        loops(lent ? *lent : *own_loops),
        service(std::move(options)),
        server(loops, service, net::ServerLimits{}) {
    service.watch_connections([this] { return connections(); });
  }

  ConnectionCounts connections() const {
    const net::ServerCounters counters = server.counters();
    return {.open = counters.connections_open, .accepted = counters.connections_accepted};
  }

  std::unique_ptr<net::LoopGroup> own_loops;
  net::LoopGroup& loops;
  Service service;
  net::Server server;
};

namespace {

Result<std::unique_ptr<Simulator::Impl>> listening(std::unique_ptr<Simulator::Impl> impl) {
  const net::ListenAddress address{
      .address = impl->service.options().listen, .tls_certificate_file = "", .tls_key_file = ""};
  if (auto bound = impl->server.listen(address); !bound) return std::unexpected(bound.error());
  return impl;
}

}  // namespace

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Simulator>> Simulator::start(SimulatorOptions options,
                                                    net::LoopGroup& loops) {
  PLIMSOLL_TRY(auto impl, listening(std::make_unique<Impl>(std::move(options), nullptr, &loops)));
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Result<std::unique_ptr<Simulator>> Simulator::start(SimulatorOptions options, std::size_t threads) {
  auto own = std::make_unique<net::LoopGroup>(threads);
  own->start();
  PLIMSOLL_TRY(auto impl,
               listening(std::make_unique<Impl>(std::move(options), std::move(own), nullptr)));
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::~Simulator() { drain(std::chrono::milliseconds(0)); }

std::uint16_t Simulator::port() const { return impl_->server.port(); }

std::string Simulator::base_url() const { return fmt::format("http://127.0.0.1:{}/v1", port()); }

Counts Simulator::counts() const { return impl_->service.books().counts(); }

ConnectionCounts Simulator::connections() const { return impl_->connections(); }

void Simulator::reset() { impl_->service.reset(); }

void Simulator::drain(std::chrono::milliseconds limit) { impl_->server.drain(limit); }

}  // namespace plimsoll::sim
