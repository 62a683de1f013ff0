#include "net/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "net/internal/acceptor.h"
#include "net/internal/answer_head.h"
#include "net/internal/server_connection.h"
#include "net/internal/server_loop.h"
#include "net/internal/tcp_stream.h"
#include "net/internal/tls_context.h"
#include "net/internal/tls_stream.h"

namespace plimsoll::net {

namespace {

/// Null when the client did not shake hands; there is nothing to tell it.
Task<std::unique_ptr<Stream>> secured(ServerLoop& server, std::unique_ptr<Stream> plain,
                                      std::shared_ptr<const TlsServerContext> context) {
  const Deadline deadline = Clock::now() + server.limits.header_timeout;
  auto stream = co_await TlsStream::accept(std::move(plain), std::move(context), deadline,
                                           server.draining.token());
  if (!stream) co_return nullptr;
  co_return std::move(*stream);
}

}  // namespace

Task<void> serve_connection(Outlives<ServerLoop> home, Accepted accepted) {
  ServerLoop& server = home.object;
  std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(server.loop, accepted.fd);
  if (accepted.tls) stream = co_await secured(server, std::move(stream), accepted.tls);
  if (stream) {
    ServerConnection connection(server, std::move(stream), std::move(accepted.client_address),
                                accepted.tls != nullptr);
    co_await connection.serve();
  }
  server.open.fetch_sub(1, std::memory_order_relaxed);
}

namespace {

constexpr auto kForever = std::chrono::milliseconds::max();

/// Runs `work` on the loop and blocks this thread until it has run.
void run_and_wait(Loop& loop, const std::function<void()>& work) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  loop.post([&work, done] {
    work();
    done->set_value();
  });
  ended.wait();
}

}  // namespace

struct Server::Impl {
  struct Listener {
    ListenAddress address;
    std::uint16_t port = 0;
    std::string unix_path;
  };

  /// A server's part on one loop, with the sockets that it listens on there.
  struct Home : ServerLoop {
    using ServerLoop::ServerLoop;
    std::vector<std::unique_ptr<Acceptor>> acceptors;
  };

  Impl(LoopGroup& its_loops, Handler& its_handler, ServerLimits its_limits)
      : loops(its_loops), handler(its_handler), limits(its_limits) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      homes.push_back(std::make_unique<Home>(loops.at(i), handler, limits));
    }
  }

  using TlsContext = std::shared_ptr<const TlsServerContext>;  // null for plain listeners

  Result<void> listen_tcp(const ListenAddress& address, const TlsContext& tls);
  Result<void> listen_unix(const ListenAddress& address, const TlsContext& tls);
  void add_acceptor(std::size_t loop, const BoundSocket& bound, const TlsContext& tls);
  void swap_certificate(std::size_t listener, const TlsContext& tls);

  void take(ServerLoop& here, Accepted accepted);
  ServerLoop& emptiest(ServerLoop& here) noexcept;
  std::uint64_t open() const noexcept;
  void refuse_connection(ServerLoop& here, const Accepted& accepted);

  /// Runs `work(home)` on every loop and waits for all.
  template <class Work>
  void on_all(Work work);
  bool wait_until_empty(Deadline until);
  std::size_t cut(Deadline grace);
  std::size_t drain(std::chrono::milliseconds limit, std::chrono::milliseconds grace);

  LoopGroup& loops;
  Handler& handler;
  ServerLimits limits;
  std::vector<std::unique_ptr<Home>> homes;
  mutable std::mutex listeners_mutex;  // listen, reload, port: never on a loop
  std::vector<Listener> listeners;
  bool drained = false;
};

template <class Work>
void Server::Impl::on_all(Work work) {
  for (std::size_t i = 0; i < homes.size(); ++i) {
    run_and_wait(loops.at(i), [&work, home = homes[i].get()] { work(*home); });
  }
}

/// The listener is the newest one.
void Server::Impl::add_acceptor(std::size_t loop, const BoundSocket& bound, const TlsContext& tls) {
  Home* const home = homes[loop].get();
  const std::size_t listener = listeners.size() - 1;
  run_and_wait(home->loop, [this, home, bound, tls, listener] {
    home->acceptors.push_back(std::make_unique<Acceptor>(
        home->loop, bound, [this, home](Accepted accepted) { take(*home, std::move(accepted)); }));
    home->acceptors.back()->tls = tls;
    home->acceptors.back()->listener = listener;
    home->acceptors.back()->start();
  });
}

Result<void> Server::Impl::listen_tcp(const ListenAddress& address, const TlsContext& tls) {
  std::vector<BoundSocket> sockets;
  PLIMSOLL_TRY(const BoundSocket first, bind_tcp(address.address, SharePort::yes));
  sockets.push_back(first);
  while (sockets.size() < homes.size()) {
    auto beside = bind_beside(first);
    if (!beside) {
      for (const BoundSocket& bound : sockets) ::close(bound.fd);
      return std::unexpected(std::move(beside).error());
    }
    sockets.push_back(*beside);
  }
  listeners.push_back({.address = address, .port = first.port, .unix_path = {}});
  for (std::size_t i = 0; i < sockets.size(); ++i) add_acceptor(i, sockets[i], tls);
  return {};
}

Result<void> Server::Impl::listen_unix(const ListenAddress& address, const TlsContext& tls) {
  const std::string path = address.address.substr(5);
  PLIMSOLL_TRY(const BoundSocket bound, bind_unix(path));
  listeners.push_back({.address = address, .port = 0, .unix_path = path});
  add_acceptor(0, bound, tls);
  return {};
}

std::uint64_t Server::Impl::open() const noexcept {
  std::uint64_t all = 0;
  for (const auto& home : homes) all += home->open.load(std::memory_order_relaxed);
  return all;
}

/// The kernel spreads connections by hash, so few of them lie unevenly; a
/// connection lives long, so it is worth a hand-over.
ServerLoop& Server::Impl::emptiest(ServerLoop& here) noexcept {
  ServerLoop* best = &here;
  for (const auto& home : homes) {
    if (home->open.load(std::memory_order_relaxed) < best->open.load(std::memory_order_relaxed)) {
      best = home.get();
    }
  }
  return *best;
}

void Server::Impl::take(ServerLoop& here, Accepted accepted) {
  count(here.accepted);
  if (open() >= limits.connections_max) return refuse_connection(here, accepted);
  ServerLoop& home = emptiest(here);
  home.open.fetch_add(1, std::memory_order_relaxed);
  if (&home == &here) {
    return here.scope.spawn(&serve_connection, Outlives<ServerLoop>{here}, std::move(accepted));
  }
  home.loop.post([&home, moved = std::move(accepted)] {
    home.scope.spawn(&serve_connection, Outlives<ServerLoop>{home}, moved);
  });
}

/// One try to say why; nothing is kept for a client we have no room for.
void Server::Impl::refuse_connection(ServerLoop& here, const Accepted& accepted) {
  count(here.refused);
  const Error error{.kind = ErrorKind::overloaded,
                    .what = "the server has " + std::to_string(limits.connections_max) +
                            " connections, which is its limit",
                    .hint = "try again later, or raise connections_max"};
  if (!accepted.tls) {
    const std::string body = handler.error_body(error);
    ResponseHead head;
    head.status = 503;
    head.headers.emplace_back("Content-Type", "application/json");
    std::string answer;
    append_answer_head(answer, head,
                       {.content_length = body.size(), .chunked = false, .close = true});
    answer += body;
    static_cast<void>(
        ::send(accepted.fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    ::shutdown(accepted.fd, SHUT_WR);
  }
  ::close(accepted.fd);
}

/// Connections end on their loops; a counter says when the last is gone.
bool Server::Impl::wait_until_empty(Deadline until) {
  while (true) {
    std::size_t running = 0;
    on_all([&running](ServerLoop& home) { running += home.scope.running(); });
    if (running == 0 && open() == 0) return true;
    if (Clock::now() >= until) return false;
    ::usleep(2'000);
  }
}

Server::Server(LoopGroup& loops, Handler& handler, ServerLimits limits)
    : impl_(std::make_unique<Impl>(loops, handler, limits)) {}

Server::~Server() { impl_->drain(std::chrono::milliseconds(0), kForever); }

namespace {

/// Null without certificate files.
Result<std::shared_ptr<const TlsServerContext>> load_certificate(const ListenAddress& address) {
  if (address.tls_certificate_file.empty() && address.tls_key_file.empty()) return nullptr;
  if (address.tls_certificate_file.empty() || address.tls_key_file.empty()) {
    return fail(ErrorKind::config_invalid,
                "the listener " + address.address + " has only one of certificate and key",
                "name both files, or neither");
  }
  return TlsServerContext::load(address.tls_certificate_file, address.tls_key_file);
}

}  // namespace

Result<void> Server::listen(const ListenAddress& address) {
  const std::lock_guard lock(impl_->listeners_mutex);
  PLIMSOLL_TRY(const Impl::TlsContext tls, load_certificate(address));
  if (address.address.starts_with("unix:")) return impl_->listen_unix(address, tls);
  return impl_->listen_tcp(address, tls);
}

void Server::Impl::swap_certificate(std::size_t listener, const TlsContext& tls) {
  on_all([listener, &tls](Home& home) {
    for (auto& acceptor : home.acceptors) {
      if (acceptor->listener == listener) acceptor->tls = tls;
    }
  });
}

std::uint16_t Server::port(std::size_t listener) const {
  const std::lock_guard lock(impl_->listeners_mutex);
  for (const Impl::Listener& each : impl_->listeners) {
    if (each.unix_path.empty() && listener-- == 0) return each.port;
  }
  return 0;
}

/// All are read before the first is used: an error changes nothing.
Result<void> Server::reload_certificates() {
  const std::lock_guard lock(impl_->listeners_mutex);
  std::vector<Impl::TlsContext> fresh;
  for (const Impl::Listener& each : impl_->listeners) {
    PLIMSOLL_TRY(Impl::TlsContext tls, load_certificate(each.address));
    fresh.push_back(std::move(tls));
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (fresh[i]) impl_->swap_certificate(i, fresh[i]);
  }
  return {};
}

/// Cancels what still runs and waits for its end until `grace` is over.
std::size_t Server::Impl::cut(Deadline grace) {
  std::size_t cancelled = 0;
  on_all([&cancelled](ServerLoop& home) {
    home.cutting.cancel(CancelReason::shutdown);
    for (ServerConnection* connection : home.connections)
      cancelled += connection->cancel_exchange() ? 1 : 0;
  });
  wait_until_empty(grace);
  return cancelled;
}

std::size_t Server::Impl::drain(std::chrono::milliseconds limit, std::chrono::milliseconds grace) {
  const Deadline until = Clock::now() + limit;
  on_all([](Home& home) {
    for (auto& acceptor : home.acceptors) acceptor->close();
    home.draining.cancel(CancelReason::shutdown);
  });
  std::size_t cancelled = 0;
  if (!wait_until_empty(until))
    cancelled = cut(grace == kForever ? kNoDeadline : Clock::now() + grace);
  if (std::exchange(drained, true)) return cancelled;
  on_all([](Home& home) { home.acceptors.clear(); });
  for (const Listener& each : listeners)
    if (!each.unix_path.empty()) ::unlink(each.unix_path.c_str());
  return cancelled;
}

std::size_t Server::drain(std::chrono::milliseconds limit) {
  return impl_->drain(limit, impl_->limits.cancel_grace);
}

ServerCounters Server::counters() const {
  ServerCounters all;
  for (const auto& home : impl_->homes) {
    all.connections_open += home->open.load(std::memory_order_relaxed);
    all.connections_accepted += home->accepted.load(std::memory_order_relaxed);
    all.connections_refused += home->refused.load(std::memory_order_relaxed);
    all.requests += home->requests.load(std::memory_order_relaxed);
    all.framing_errors += home->framing_errors.load(std::memory_order_relaxed);
  }
  return all;
}

}  // namespace plimsoll::net
