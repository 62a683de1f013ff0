// How addresses become listening sockets.
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "net/internal/acceptor.h"

namespace plimsoll::net {
namespace {

constexpr int kBacklog = 4'096;

std::unexpected<Error> cannot_listen(const std::string& address, int error, std::string hint) {
  return fail(ErrorKind::io_failed,
              "cannot listen on " + address + ": " + std::generic_category().message(error),
              std::move(hint));
}

struct HostAndPort {
  std::string host, port;
};

Result<HostAndPort> split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const bool bracketed = address.starts_with('[');
  const std::size_t bracket = address.find(']');
  const bool sound = colon != std::string::npos && colon + 1 < address.size() &&
                     (bracketed ? bracket != std::string::npos && bracket + 1 == colon
                                : address.find(':') == colon);
  if (!sound) {
    return fail(ErrorKind::config_invalid, "\"" + address + "\" is not an address to listen on",
                "write host:port, [v6]:port or unix:/path");
  }
  HostAndPort parts{.host = address.substr(0, colon), .port = address.substr(colon + 1)};
  if (bracketed) parts.host = address.substr(1, bracket - 1);
  return parts;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

Result<BoundSocket> bind_to(const sockaddr* address, socklen_t length, bool share,
                            const std::string& name) {
  const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return cannot_listen(name, errno, "check that this kind of address is enabled");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(fd, address, length) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    ::close(fd);
    return cannot_listen(name, error, "choose an address of this machine that is free");
  }
  return BoundSocket{.fd = fd, .port = 0};
}

void note_port(BoundSocket& bound) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &length);
  bound.port =
      ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/// True if nobody listens on the socket file any more.
bool is_stale(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool stale = connected != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return stale;
}

}  // namespace

Result<BoundSocket> bind_tcp(const std::string& address, SharePort share) {
  PLIMSOLL_TRY(const HostAndPort parts, split(address));
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(parts.host.empty() ? nullptr : parts.host.c_str(),
                                  parts.port.c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  if (error != 0) {
    return fail(ErrorKind::io_failed,
                "cannot listen on " + address + ": " + std::string(::gai_strerror(error)),
                "choose an address of this machine");
  }
  PLIMSOLL_TRY(BoundSocket bound,
               bind_to(list->ai_addr, list->ai_addrlen, share == SharePort::yes, address));
  note_port(bound);
  return bound;
}

Result<BoundSocket> bind_beside(const BoundSocket& bound) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &length);
  PLIMSOLL_TRY(BoundSocket beside, bind_to(reinterpret_cast<const sockaddr*>(&address), length,
                                           true, "port " + std::to_string(bound.port)));
  beside.port = bound.port;
  return beside;
}

Result<BoundSocket> bind_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(
        ErrorKind::config_invalid,
        "the path of a unix socket has 1 to 107 bytes, this one " + std::to_string(path.size()),
        "choose a shorter path");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (is_stale(address)) ::unlink(path.c_str());
  return bind_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, false,
                 "unix:" + path);
}

}  // namespace plimsoll::net
