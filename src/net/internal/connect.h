#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/internal/proxy.h"
#include "net/internal/resolver.h"
#include "net/internal/tcp_stream.h"
#include "net/internal/tls_stream.h"

namespace plimsoll::net {

/// The stagger between attempts on several addresses (RFC 8305, 5).
inline constexpr std::chrono::milliseconds kAttemptDelay{250};

/// What to connect to, and by which way.
struct Route {
  std::shared_ptr<const Origin> origin;
  std::optional<Proxy> proxy;
  std::shared_ptr<TlsSessions> sessions;
};

/// A stream to an origin. `tcp` is the socket at its bottom.
struct Connected {
  std::unique_ptr<Stream> stream;
  TcpStream* tcp = nullptr;
};

/// `addresses` with the families taking turns, beginning with the first's.
std::vector<SocketAddress> interleaved(const std::vector<SocketAddress>& addresses);

/// Connects to the first address that answers: one attempt after another, the
/// next when one fails or kAttemptDelay has passed; those that lose are closed.
///
/// Errors
///   upstream_unreachable   every address failed; `what` has the last reason
///   deadline_exceeded, cancelled
[[nodiscard]] Task<Result<std::unique_ptr<TcpStream>>> connect_tcp(
    Loop& loop, std::vector<SocketAddress> addresses, Deadline deadline, CancelToken cancel);

/// Looks up, connects, tunnels through a proxy and shakes hands, as the route
/// needs.
///
/// Errors: as connect_tcp; upstream_malformed (the proxy's answer).
[[nodiscard]] Task<Result<Connected>> connect_route(Loop& loop, Resolver& resolver,
                                                    const Route& route, Deadline deadline,
                                                    CancelToken cancel);

}  // namespace plimsoll::net
