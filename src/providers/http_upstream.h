#pragma once

#include <memory>
#include <vector>

#include "dialects/codec.h"
#include "net/http_client.h"
#include "ports/timers.h"
#include "ports/upstream.h"
#include "providers/address.h"

namespace plimsoll::providers {

/// The clients of a process: one per loop, indexed by Loop::index(). They
/// outlive every Plan, so a reload keeps warm connections.
class ClientPool {
 public:
  /// Makes one client per loop of `loops`, on its thread or before it runs.
  explicit ClientPool(net::LoopGroup& loops);

  /// The client of the loop this thread runs.
  net::Client& here() const noexcept;

 private:
  std::vector<std::unique_ptr<net::Client>> clients_;
};

/// ports::Upstream over HTTP: encodes by the provider's dialect, sends, decodes
/// the answer as it comes. Immutable after construction; used on every loop.
/// Must not outlive `clients` or `timers`; keeps what a running reply needs.
class HttpUpstream final : public ports::Upstream {
 public:
  /// One origin per provider of `plan`; those of `earlier` (may be null) with
  /// the same address are taken over, pools and all.
  ///
  /// Errors
  ///   config_invalid   a base_url is not a URL
  static Result<std::unique_ptr<HttpUpstream>> make(const Plan& plan, const ClientPool& clients,
                                                    const ports::Timers& timers,
                                                    const HttpUpstream* earlier);

  Task<Result<Reply>> send(const Call& call) override;

 private:
  HttpUpstream(const ClientPool& clients, const ports::Timers& timers)
      : clients_(clients), timers_(timers) {}

  struct Route {
    std::shared_ptr<const net::Origin> origin;
    Credential credential;
  };

  const ClientPool& clients_;
  const ports::Timers& timers_;
  std::vector<Route> routes_;  // by provider
};

}  // namespace plimsoll::providers
