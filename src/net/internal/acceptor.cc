#include "net/internal/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace plimsoll::net {
namespace {

constexpr int kAcceptsAtOnce = 64;  // then other work of the loop has a turn
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  } else {
    return "unix";
  }
  std::string_view plain = text.data();
  if (plain.starts_with("::ffff:")) plain.remove_prefix(7);
  return std::string(plain);
}

bool out_of_descriptors(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(Loop& loop, const BoundSocket& bound, Take take)
    : loop_(loop), fd_(bound.fd), take_(std::move(take)) {}

void Acceptor::start() { watch(); }

/// Level-triggered: what is not accepted in this turn is told again in the next.
void Acceptor::watch() {
  auto watched = registration_.begin(
      loop_.impl().poller, fd_, EPOLLIN,
      [](void* self, std::uint32_t) {
        auto& acceptor = *static_cast<Acceptor*>(self);
        if (!acceptor.accept_some()) acceptor.pause();
      },
      this);
  if (!watched) pause();
}

/// Without descriptors a connection that waits would keep the loop spinning.
void Acceptor::pause() {
  registration_.end();
  loop_.impl().arm(
      pause_, Clock::now() + kPauseWithoutDescriptors,
      [](void* self) { static_cast<Acceptor*>(self)->watch(); }, this);
}

bool Acceptor::accept_some() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return !out_of_descriptors(errno);
    take_({.fd = fd, .client_address = text_of(address), .tls = tls});
  }
  return true;
}

void Acceptor::close() {
  if (fd_ < 0) return;
  pause_.unlink();
  registration_.end();
  accept_some();
  ::close(std::exchange(fd_, -1));
}

}  // namespace plimsoll::net
