#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/internal/loop_impl.h"
#include "net/internal/server_loop.h"

namespace plimsoll::net {

/// A bound and listening socket.
struct BoundSocket {
  int fd = -1;
  std::uint16_t port = 0;  // 0 for unix sockets
};

enum class SharePort : unsigned char { no, yes };

/// Resolves and binds "host:port" or "[v6]:port"; port 0 takes any. Blocks.
///
/// Errors: io_failed, config_invalid (not an address).
[[nodiscard]] Result<BoundSocket> bind_tcp(const std::string& address, SharePort share);

/// Another socket on the address of `bound`, for another loop.
[[nodiscard]] Result<BoundSocket> bind_beside(const BoundSocket& bound);

/// Binds a unix socket; a file left by a dead server is replaced.
[[nodiscard]] Result<BoundSocket> bind_unix(const std::string& path);

/// Accepts on one loop. What to do with a connection is its owner's.
class Acceptor {
 public:
  using Take = std::function<void(Accepted)>;

  /// Takes over the socket.
  Acceptor(Loop& loop, const BoundSocket& bound, Take take);
  ~Acceptor() { close(); }

  void start();
  /// Takes what still waits in the queue, then closes.
  void close();

  std::shared_ptr<const TlsServerContext> tls;  // null for plain; swapped on reload
  std::size_t listener = 0;                     // which `listen` call made it

 private:
  void watch();
  void pause();
  bool accept_some();  // false when the process has no descriptor left

  Loop& loop_;
  int fd_;
  Take take_;
  TimerEntry pause_;
  Registration registration_;
};

}  // namespace plimsoll::net
