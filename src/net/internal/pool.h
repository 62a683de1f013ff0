#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "net/internal/connect.h"
#include "net/internal/request_head.h"
#include "net/internal/response_head.h"
#include "net/internal/waiter.h"

namespace plimsoll::net {

/// Where a request's head is written and its response received. Reused: on a
/// steady path nothing is allocated for it.
struct ReceiveSpace {
  static constexpr std::size_t kBytes = 8 * 1024;

  std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(kBytes);
  std::size_t capacity = kBytes;
  std::string request_head;
  ParsedResponseHead head;

  std::span<char> all() noexcept { return {bytes.get(), capacity}; }
  void grow(std::size_t to, std::size_t keep);
};

/// What the pools of one client share.
struct PoolShared {
  explicit PoolShared(Loop& on) : loop(on), resolver(on) {}

  std::unique_ptr<ReceiveSpace> take_space();
  void give_space(std::unique_ptr<ReceiveSpace> space);
  /// Tells the client that a connection became idle.
  void idle_began();

  static constexpr std::size_t kSpareSpacesMax = 128;
  static constexpr std::chrono::milliseconds kSweepEvery{1'000};

  Loop& loop;
  Resolver resolver;
  ClientCounters counters;
  std::vector<std::unique_ptr<ReceiveSpace>> spare;
  TimerEntry sweep_timer;
  void (*sweep)(void* client) = nullptr;
  void* client = nullptr;
};

/// A connection of a pool. Counted.
struct Connection {
  Connection(PoolShared& with, Connected to);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Still open, as far as can be known without asking the peer.
  bool alive(Deadline now) noexcept;

  PoolShared& shared;
  Connected link;
  Deadline idle_since{};
  bool used = false;  // a response has been read from it
};

/// The connections to one origin, on one loop: the last used is used first.
/// Must outlive what it leases.
class Pool {
 public:
  Pool(PoolShared& shared, std::shared_ptr<const Origin> origin, std::optional<Proxy> proxy);
  ~Pool();

  /// An idle connection that is still open, or null.
  std::unique_ptr<Connection> take_idle();

  /// Another connection: a new one, or, when there are connections_max, the
  /// next that becomes free; those that wait are served in order.
  ///
  /// Errors: as connect_route; upstream_timeout_connect.
  [[nodiscard]] Task<Result<std::unique_ptr<Connection>>> open(Deadline deadline,
                                                               CancelToken cancel);

  /// Takes back a connection that can carry another request.
  void release(std::unique_ptr<Connection> connection);
  /// Takes back one that cannot, and closes it.
  void discard(std::unique_ptr<Connection> connection);

  /// Closes what has been idle for too long or was closed by the peer.
  void sweep(Deadline now);

  /// Nobody else knows the origin any more and nothing is going on.
  bool orphaned() const noexcept {
    return open_ == 0 && turns_.empty() && route_.origin.use_count() == 1;
  }

  const Origin& origin() const noexcept { return *route_.origin; }
  const RequestFrame& frame() const noexcept { return frame_; }
  PoolShared& shared() noexcept { return shared_; }

 private:
  /// A request that waits for a connection or for the right to make one.
  struct Turn {
    explicit Turn(Loop& loop) : waiter(loop) {}
    Waiter waiter;
    std::unique_ptr<Connection> given;
  };
  [[nodiscard]] Task<Result<std::unique_ptr<Connection>>> wait_for_turn(Deadline deadline,
                                                                        CancelToken cancel);
  bool serve_next(std::unique_ptr<Connection>& connection);
  void slot_freed();

  PoolShared& shared_;
  Route route_;
  RequestFrame frame_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the longest idle first
  std::list<Turn*> turns_;
  std::size_t open_ = 0;  // made or being made; at most connections_max
};

}  // namespace plimsoll::net
