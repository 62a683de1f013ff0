#include "net/internal/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>

namespace plimsoll::net {
namespace {

using boost::system::error_code;

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
    : loop_(loop), family_(bound.family), socket_(loop.impl().context), take_(std::move(take)) {
  error_code error;
  socket_.assign(boost::asio::generic::stream_protocol(family_, 0), bound.fd, error);
}

void Acceptor::start() { wait(); }

void Acceptor::wait() {
  socket_.async_wait(decltype(socket_)::wait_read, [this](error_code error) {
    if (error) return;  // closed
    if (accept_some()) return wait();
    loop_.impl().arm(
        pause_, Clock::now() + kPauseWithoutDescriptors,
        [](void* self) { static_cast<Acceptor*>(self)->wait(); }, this);
  });
}

bool Acceptor::accept_some() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return !out_of_descriptors(errno);
    take_({.fd = fd, .family = family_, .client_address = text_of(address), .tls = tls});
  }
  return true;
}

void Acceptor::close() {
  if (!socket_.is_open()) return;
  pause_.unlink();
  accept_some();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace plimsoll::net
