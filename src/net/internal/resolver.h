#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "net/loop.h"

namespace plimsoll::net {

/// An address without a port, or with one once `with_port` has set it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const noexcept { return storage.ss_family; }
  SocketAddress with_port(std::uint16_t port) const noexcept;
};

struct ResolverOptions {
  std::vector<std::string> servers;          // "127.0.0.1:5353"; empty: /etc/resolv.conf
  std::chrono::milliseconds timeout{2'000};  // of one question to one server
  int tries = 3;
  std::chrono::seconds ttl_min{1}, ttl_max{300};  // bounds of what an answer says
  std::chrono::seconds failure_ttl{1};
  std::size_t names_max = 1'024;  // in the cache
};

/// Names to addresses, on one loop, without blocking it. Answers are kept for
/// their TTL; questions for the same name share one query. Must outlive its
/// waiters.
class Resolver {
 public:
  explicit Resolver(Loop& loop, ResolverOptions options = {});
  ~Resolver();

  /// The addresses of `host` (a name, an IP literal or "localhost"), best first
  /// by RFC 6724, at least one.
  ///
  /// Errors: upstream_unreachable (no such name, no server answers),
  /// deadline_exceeded, cancelled.
  [[nodiscard]] Task<Result<std::vector<SocketAddress>>> resolve(const std::string& host,
                                                                 Deadline deadline,
                                                                 CancelToken cancel);

  std::uint64_t queries() const noexcept;  // asked of c-ares since the start

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace plimsoll::net
