#include "net/http_client.h"

#include <unordered_map>

#include "net/internal/client_exchange.h"
#include "net/internal/pool.h"

namespace plimsoll::net {

struct Client::Impl {
  explicit Impl(Loop& loop) : shared(loop), environment(ProxyEnvironment::of_process()) {
    shared.sweep = [](void* self) { static_cast<Impl*>(self)->sweep(); };
    shared.client = this;
  }

  Result<Pool*> pool_of(const std::shared_ptr<const Origin>& origin);
  void sweep();

  PoolShared shared;
  ProxyEnvironment environment;
  std::unordered_map<const Origin*, std::unique_ptr<Pool>> pools;  // each keeps its origin alive
};

Result<Pool*> Client::Impl::pool_of(const std::shared_ptr<const Origin>& origin) {
  if (const auto found = pools.find(origin.get()); found != pools.end()) return found->second.get();
  PLIMSOLL_TRY(auto proxy, choose_proxy(*origin, environment));
  std::erase_if(pools, [](const auto& entry) { return entry.second->orphaned(); });
  auto& pool = pools[origin.get()];
  pool = std::make_unique<Pool>(shared, origin, std::move(proxy));
  return pool.get();
}

void Client::Impl::sweep() {
  const Deadline now = Clock::now();
  for (auto& [origin, pool] : pools) pool->sweep(now);
  std::erase_if(pools, [](const auto& entry) { return entry.second->orphaned(); });
  if (shared.counters.connections_idle == 0) return;
  shared.loop.impl().arm(shared.sweep_timer, now + PoolShared::kSweepEvery, shared.sweep, this);
}

Client::Client(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}

Client::~Client() = default;

ClientCounters Client::counters() const { return impl_->shared.counters; }

Task<Result<std::unique_ptr<ClientResponse>>> Client::send(std::shared_ptr<const Origin> origin,
                                                           ClientRequest request,
                                                           ClientTimeouts timeouts,
                                                           CancelToken cancel) {
  if (cancel.cancelled()) co_return fail(ErrorKind::cancelled, "cancelled before it was sent");
  PLIMSOLL_CO_TRY(Pool* const pool, impl_->pool_of(origin));
  ++impl_->shared.counters.requests;
  std::unique_ptr<Connection> connection = pool->take_idle();
  for (bool again = true;; again = false) {
    if (!connection) {
      PLIMSOLL_CO_TRY(connection, co_await pool->open(timeouts.deadline, cancel));
    }
    auto exchange =
        std::make_unique<ClientExchange>(*pool, std::move(connection), timeouts, cancel);
    auto done = co_await exchange->run(request);
    if (done) co_return std::move(exchange);
    // Safe only where the peer cannot have worked on it: a dead connection of
    // the pool that did not take the request.
    const bool safe = again && exchange->times().reused_connection &&
                      exchange->certainly_unprocessed() &&
                      done.error().kind == ErrorKind::upstream_unreachable;
    if (!safe) co_return std::unexpected(std::move(done).error());
  }
}

}  // namespace plimsoll::net
