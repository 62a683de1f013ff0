#include "net/internal/connect.h"

#include <sys/un.h>

#include <cstring>

#include "net/internal/authority.h"
#include "net/internal/response_head.h"
#include "net/internal/waiter.h"

namespace plimsoll::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Endpoint = asio::generic::stream_protocol::endpoint;

/// Attempts on several addresses. Held by the coroutine that waits and by every
/// operation that Asio still has to end.
struct Race : std::enable_shared_from_this<Race> {
  Race(Loop& on, std::vector<SocketAddress> to)
      : loop(on), done(on), addresses(std::move(to)), attempts(addresses.size()) {}

  void start_next();
  void ended(std::size_t index, error_code error);
  void stop() noexcept;

  Loop& loop;
  Waiter done;
  std::vector<SocketAddress> addresses;
  std::vector<std::unique_ptr<Socket>> attempts;  // null: not begun, or over
  std::size_t next = 0, running = 0;
  TimerEntry stagger;
  std::unique_ptr<Socket> winner;
  error_code last_error;
  bool stopped = false;
};

void Race::start_next() {
  if (stopped || next == addresses.size()) return;
  const std::size_t index = next++;
  const SocketAddress& address = addresses[index];
  const Endpoint endpoint(&address.storage, address.size);
  ++running;
  attempts[index] = std::make_unique<Socket>(loop.impl().executor());
  error_code error;
  attempts[index]->open(asio::generic::stream_protocol(address.family(), 0), error);
  if (error) return ended(index, error);
  attempts[index]->async_connect(endpoint, [self = shared_from_this(), index](error_code result) {
    self->ended(index, result);
  });
  if (next < addresses.size()) {
    loop.impl().arm(
        stagger, Clock::now() + kAttemptDelay,
        [](void* race) { static_cast<Race*>(race)->start_next(); }, this);
  }
}

void Race::ended(std::size_t index, error_code error) {
  if (stopped) return;
  --running;
  if (!error) {
    winner = std::move(attempts[index]);
    stop();
    done.wake();
    return;
  }
  last_error = error;
  attempts[index].reset();
  if (next < addresses.size()) return start_next();
  if (running == 0) done.wake();
}

void Race::stop() noexcept {
  stopped = true;
  stagger.unlink();
  attempts.clear();
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
  const auto race = std::make_shared<Race>(loop, std::move(addresses));
  race->start_next();
  const Waiter::Outcome outcome = co_await race->done.wait(deadline, cancel);
  race->stop();
  if (race->winner) co_return std::make_unique<TcpStream>(loop, std::move(*race->winner));
  if (outcome != Waiter::Outcome::woken) co_return not_woken(outcome, "connecting");
  co_return fail(ErrorKind::upstream_unreachable, race->last_error.message());
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
