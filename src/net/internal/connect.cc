#include "net/internal/connect.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "net/internal/authority.h"
#include "net/internal/response_head.h"
#include "net/internal/waiter.h"

namespace plimsoll::net {
namespace {

/// Attempts on several addresses. Lives in the coroutine that waits for it.
struct Race {
  /// One socket that connects.
  struct Attempt {
    Race* race = nullptr;
    int fd = -1;
    Registration registration{};
  };

  Race(Loop& on, std::vector<SocketAddress> to)
      : loop(on), done(on), addresses(std::move(to)), attempts(addresses.size()) {}
  ~Race() {
    stop();
    if (winner >= 0) ::close(winner);
  }

  void start_next();
  int begin(Attempt& attempt, const SocketAddress& address);
  void ended(Attempt& attempt, int error);
  void stop() noexcept;

  Loop& loop;
  Waiter done;
  std::vector<SocketAddress> addresses;
  std::vector<Attempt> attempts;  // never grows: they are registered
  std::size_t next = 0, running = 0;
  TimerEntry stagger;
  int winner = -1;  // the connected socket; the waiter takes it
  int last_error = 0;
};

void Race::start_next() {
  if (next == addresses.size()) return;
  const std::size_t index = next++;
  ++running;
  if (next < addresses.size()) {
    loop.impl().arm(
        stagger, Clock::now() + kAttemptDelay,
        [](void* race) { static_cast<Race*>(race)->start_next(); }, this);
  }
  const int error = begin(attempts[index], addresses[index]);
  if (error != EINPROGRESS) ended(attempts[index], error);
}

/// 0: connected; EINPROGRESS: `ended` will be called.
int Race::begin(Attempt& attempt, const SocketAddress& address) {
  attempt.race = this;
  attempt.fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (attempt.fd < 0) return errno;
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(attempt.fd, to, address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  auto watched = attempt.registration.begin(
      loop.impl().poller, attempt.fd, EPOLLOUT,
      [](void* self, std::uint32_t) {
        auto& connecting = *static_cast<Attempt*>(self);
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(connecting.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        connecting.race->ended(connecting, error);
      },
      &attempt);
  return watched ? EINPROGRESS : ENOBUFS;
}

void Race::ended(Attempt& attempt, int error) {
  attempt.registration.end();
  --running;
  const int fd = std::exchange(attempt.fd, -1);
  if (error == 0) {
    winner = fd;
    stop();
    done.wake();
    return;
  }
  if (fd >= 0) ::close(fd);
  last_error = error;
  if (next < addresses.size()) return start_next();
  if (running == 0) done.wake();
}

void Race::stop() noexcept {
  next = addresses.size();
  stagger.unlink();
  for (Attempt& attempt : attempts) {
    attempt.registration.end();
    if (attempt.fd >= 0) ::close(std::exchange(attempt.fd, -1));
  }
}

SocketAddress unix_address(std::string_view path) {
  SocketAddress out;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  std::memcpy(&out.storage, &address, sizeof address);
  out.size = sizeof address;
  return out;
}

Task<Result<std::unique_ptr<TcpStream>>> connect_named(Loop& loop, Resolver& resolver,
                                                       const std::string& host, std::uint16_t port,
                                                       Deadline deadline, CancelToken cancel) {
  std::vector<SocketAddress> targets;
  if (host.starts_with("unix:")) {
    targets.push_back(unix_address(std::string_view(host).substr(5)));
  } else {
    PLIMSOLL_CO_TRY(auto addresses, co_await resolver.resolve(host, deadline, cancel));
    for (const SocketAddress& address : interleaved(addresses)) {
      targets.push_back(address.with_port(port));
    }
  }
  auto connected = co_await connect_tcp(loop, std::move(targets), deadline, cancel);
  if (!connected && connected.error().kind == ErrorKind::upstream_unreachable) {
    const std::string place = host.starts_with("unix:") ? host : to_authority(host, port);
    connected.error().what = place + " cannot be reached: " + connected.error().what;
  }
  co_return connected;
}

std::string connect_request(const std::string& authority, const Proxy& proxy) {
  std::string out = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!proxy.authorization.empty()) out += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  return out + "\r\n";
}

/// Reads the answer to CONNECT. Nothing may follow it: in TLS we speak first.
Task<Result<int>> read_tunnel_answer(Stream& stream, Deadline deadline, CancelToken cancel) {
  constexpr std::size_t kAnswerBytesMax = 16 * 1024;
  std::string bytes(kAnswerBytesMax, '\0');
  std::size_t got = 0, size = 0;
  ParsedResponseHead head;
  while (true) {
    const std::span<char> room = std::span(bytes).subspan(got);
    if (room.empty()) {
      co_return fail(ErrorKind::upstream_malformed, "the proxy's answer is over 16 KiB");
    }
    PLIMSOLL_CO_TRY(const std::size_t more, co_await stream.read_some(room, deadline, cancel));
    if (more == 0) co_return fail(ErrorKind::io_failed, "the proxy closed the connection");
    got += more;
    while ((size = response_head_size(std::string_view(bytes).substr(0, got))) != 0) {
      auto parsed =
          parse_response_head(std::string_view(bytes).substr(0, size), AnswerTo::connect, head);
      if (!parsed) co_return std::unexpected(std::move(parsed).error());
      if (head.status >= 200) {
        if (head.status < 300 && got != size) {
          co_return fail(ErrorKind::upstream_malformed, "the proxy spoke into the tunnel");
        }
        co_return head.status;
      }
      bytes.erase(0, size);
      bytes.resize(kAnswerBytesMax);
      got -= size;
    }
  }
}

Task<Result<void>> open_tunnel(Stream& stream, const Route& route, Deadline deadline,
                               CancelToken cancel) {
  const std::string authority = to_authority(route.origin->host, route.origin->port);
  const std::string request = connect_request(authority, *route.proxy);
  auto sent = co_await stream.write_all(request, {}, deadline, cancel);
  if (!sent) co_return sent;
  PLIMSOLL_CO_TRY(const int status, co_await read_tunnel_answer(stream, deadline, cancel));
  if (status < 300) co_return Result<void>{};
  co_return fail(ErrorKind::upstream_unreachable,
                 "the proxy " + to_authority(route.proxy->host, route.proxy->port) +
                     " answered CONNECT with " + std::to_string(status),
                 status == 407 ? "put user and password into the proxy's URL" : "");
}

}  // namespace

std::vector<SocketAddress> interleaved(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> first, second, out;
  for (const SocketAddress& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

Task<Result<std::unique_ptr<TcpStream>>> connect_tcp(Loop& loop,
                                                     std::vector<SocketAddress> addresses,
                                                     Deadline deadline, CancelToken cancel) {
  Race race(loop, std::move(addresses));
  race.start_next();
  const Waiter::Outcome outcome = co_await race.done.wait(deadline, cancel);
  race.stop();
  if (race.winner >= 0) {
    co_return std::make_unique<TcpStream>(loop, std::exchange(race.winner, -1));
  }
  if (outcome != Waiter::Outcome::woken) co_return not_woken(outcome, "connecting");
  co_return fail(ErrorKind::upstream_unreachable, std::generic_category().message(race.last_error));
}

Task<Result<Connected>> connect_route(Loop& loop, Resolver& resolver, const Route& route,
                                      Deadline deadline, CancelToken cancel) {
  const Origin& origin = *route.origin;
  const std::string& host = route.proxy ? route.proxy->host : origin.host;
  const std::uint16_t port = route.proxy ? route.proxy->port : origin.port;
  PLIMSOLL_CO_TRY(auto tcp, co_await connect_named(loop, resolver, host, port, deadline, cancel));
  Connected out;
  out.tcp = tcp.get();
  out.stream = std::move(tcp);
  if (!origin.tls) co_return out;
  if (route.proxy) {
    auto tunnel = co_await open_tunnel(*out.stream, route, deadline, cancel);
    if (!tunnel) co_return std::unexpected(std::move(tunnel).error());
  }
  TlsClientOptions options{.context = nullptr, .host = origin.host, .sessions = route.sessions};
  PLIMSOLL_CO_TRY(options.context,
                  co_await shared_tls_context(loop, origin.ca_file, deadline, cancel));
  PLIMSOLL_CO_TRY(auto tls, co_await TlsStream::connect(std::move(out.stream), std::move(options),
                                                        deadline, cancel));
  out.stream = std::move(tls);
  co_return std::move(out);
}

}  // namespace plimsoll::net
