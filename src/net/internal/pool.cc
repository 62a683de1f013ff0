#include "net/internal/pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace plimsoll::net {

void ReceiveSpace::grow(std::size_t to, std::size_t keep) {
  auto larger = std::make_unique_for_overwrite<char[]>(to);
  std::memcpy(larger.get(), bytes.get(), keep);
  bytes = std::move(larger);
  capacity = to;
}

std::unique_ptr<ReceiveSpace> PoolShared::take_space() {
  if (spare.empty()) return std::make_unique<ReceiveSpace>();
  auto space = std::move(spare.back());
  spare.pop_back();
  return space;
}

void PoolShared::give_space(std::unique_ptr<ReceiveSpace> space) {
  if (space->capacity != ReceiveSpace::kBytes || spare.size() == kSpareSpacesMax) return;
  spare.push_back(std::move(space));
}

void PoolShared::idle_began() {
  ++counters.connections_idle;
  if (!sweep_timer.linked()) {
    loop.impl().arm(sweep_timer, loop.impl().turn_began + kSweepEvery, sweep, client);
  }
}

Connection::Connection(PoolShared& with, Connected to) : shared(with), link(std::move(to)) {
  ++shared.counters.connections_open;
  ++shared.counters.connections_made;
}

Connection::~Connection() { --shared.counters.connections_open; }

bool Connection::alive(Deadline now) noexcept {
  // The loop has seen a peer's close as long as it was before this turn. After
  // a rest the peer may just have run into its own timeout, so we look again;
  // on a busy connection that system call is spared.
  constexpr std::chrono::seconds kRest{1};
  if (!link.stream->idle_and_open()) return false;
  if (now - idle_since < kRest) return true;
  char byte = 0;
  const ssize_t got = ::recv(link.tcp->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Pool::Pool(PoolShared& shared, std::shared_ptr<const Origin> origin, std::optional<Proxy> proxy)
    : shared_(shared),
      route_{.origin = std::move(origin),
             .proxy = std::move(proxy),
             .sessions = std::make_shared<TlsSessions>()},
      frame_(RequestFrame::of(*route_.origin, route_.proxy)) {}

Pool::~Pool() { shared_.counters.connections_idle -= idle_.size(); }

std::unique_ptr<Connection> Pool::take_idle() {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    --shared_.counters.connections_idle;
    if (connection->alive(shared_.loop.impl().turn_began)) return connection;
    discard(std::move(connection));
  }
  return nullptr;
}

Task<Result<std::unique_ptr<Connection>>> Pool::open(Deadline deadline, CancelToken cancel) {
  const std::size_t most = std::max<std::size_t>(origin().connections_max, 1);
  if (open_ >= most || !turns_.empty()) {
    PLIMSOLL_CO_TRY(auto given, co_await wait_for_turn(deadline, cancel));
    if (given) co_return std::move(given);
  } else {
    ++open_;
  }
  const Deadline connect_by = Clock::now() + origin().connect_timeout;
  auto connected = co_await connect_route(shared_.loop, shared_.resolver, route_,
                                          sooner(deadline, connect_by), cancel);
  if (connected) co_return std::make_unique<Connection>(shared_, std::move(*connected));
  slot_freed();
  Error error = std::move(connected).error();
  if (error.kind == ErrorKind::deadline_exceeded && connect_by < deadline) {
    error.kind = ErrorKind::upstream_timeout_connect;
    error.what = "no connection within " + std::to_string(origin().connect_timeout.count()) +
                 " ms: " + error.what;
  } else if (error.kind == ErrorKind::io_failed) {
    error.kind = ErrorKind::upstream_unreachable;
  }
  co_return std::unexpected(std::move(error));
}

/// Null: the right to make a connection, already counted in open_.
Task<Result<std::unique_ptr<Connection>>> Pool::wait_for_turn(Deadline deadline,
                                                              CancelToken cancel) {
  Turn turn(shared_.loop);
  turns_.push_back(&turn);
  const Waiter::Outcome outcome = co_await turn.waiter.wait(deadline, cancel);
  if (outcome != Waiter::Outcome::woken) {
    turns_.remove(&turn);
    co_return not_woken(
        outcome, "waiting for one of " + std::to_string(origin().connections_max) + " connections");
  }
  co_return std::move(turn.given);
}

/// Gives `connection` (null: a free slot) to the first that still waits.
bool Pool::serve_next(std::unique_ptr<Connection>& connection) {
  while (!turns_.empty()) {
    Turn& turn = *turns_.front();
    turns_.pop_front();
    if (!turn.waiter.wake()) continue;  // it gave up in this turn of the loop
    turn.given = std::move(connection);
    return true;
  }
  return false;
}

void Pool::slot_freed() {
  std::unique_ptr<Connection> none;
  if (!serve_next(none)) --open_;
}

void Pool::release(std::unique_ptr<Connection> connection) {
  connection->used = true;
  connection->idle_since = shared_.loop.impl().turn_began;
  if (serve_next(connection)) return;
  idle_.push_back(std::move(connection));
  shared_.idle_began();
}

void Pool::discard(std::unique_ptr<Connection> connection) {
  connection.reset();
  slot_freed();
}

void Pool::sweep(Deadline now) {
  auto keep = idle_.begin();
  std::size_t dropped = 0;
  for (auto& connection : idle_) {
    if (now - connection->idle_since < origin().idle_timeout &&
        connection->link.stream->idle_and_open()) {
      *keep++ = std::move(connection);
    } else {
      connection.reset();
      ++dropped;
    }
  }
  idle_.erase(keep, idle_.end());
  shared_.counters.connections_idle -= dropped;
  open_ -= dropped;  // nobody waits while there are idle ones
}

}  // namespace plimsoll::net
