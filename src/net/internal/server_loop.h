#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>

#include "base/cancel.h"
#include "base/scope.h"
#include "net/http_server.h"
#include "net/internal/refusal.h"

namespace plimsoll::net {

class ServerConnection;
class TlsServerContext;

/// What a server keeps on one loop. Touched only there, but for the atomics.
struct ServerLoop {
  ServerLoop(Loop& its_loop, Handler& its_handler, const ServerLimits& its_limits)
      : loop(its_loop), handler(its_handler), limits(its_limits) {}

  Loop& loop;
  Handler& handler;
  const ServerLimits& limits;

  Scope scope;            // one task per connection
  CancelSource draining;  // ends the waits of idle connections
  CancelSource cutting;   // at the drain's limit: ends the waits for the rest of a head
  std::unordered_set<ServerConnection*> connections;

  // `open` counts a connection from accept on, on the loop that will serve it.
  std::atomic<std::uint64_t> open{0}, accepted{0}, refused{0}, requests{0}, framing_errors{0};
};

/// Adds one; only the loop itself writes these counters, others read them.
inline void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// A socket just accepted.
struct Accepted {
  int fd = -1;
  std::string client_address;
  std::shared_ptr<const TlsServerContext> tls;  // null for a plain listener
};

/// Serves one connection until it ends. Closes the socket, counts it out.
Task<void> serve_connection(Outlives<ServerLoop> home, Accepted accepted);

}  // namespace plimsoll::net
