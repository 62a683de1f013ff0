#pragma once

#include <poll.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "net/testing/socket_pair.h"

namespace plimsoll::net::testing {

/// A blocking client that sends exactly the bytes it is given. A wait of more
/// than ten seconds ends as if the peer had closed.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
  }
  explicit RawClient(const std::string& unix_path) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~RawClient() { close(); }

  bool connected() const noexcept { return connected_; }
  int fd() const noexcept { return fd_; }
  std::uint16_t local_port() const noexcept {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void end_sending() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() {
    reset_on_close(fd_);
    close();
  }

  /// The bytes until `mark` has come (it included), or until the peer closes.
  std::string receive_until(std::string_view mark) {
    while (held_.find(mark) == std::string::npos && receive_more()) {
    }
    const std::size_t at = held_.find(mark);
    const std::size_t end = at == std::string::npos ? held_.size() : at + mark.size();
    std::string taken = held_.substr(0, end);
    held_.erase(0, end);
    return taken;
  }
  std::string receive(std::size_t count) {
    while (held_.size() < count && receive_more()) {
    }
    std::string taken = held_.substr(0, count);
    held_.erase(0, count);
    return taken;
  }
  /// All until the peer closes; `clean_end` then tells a FIN from a reset.
  std::string receive_all() {
    while (receive_more()) {
    }
    return std::exchange(held_, {});
  }
  bool clean_end() const noexcept { return clean_end_; }

  /// A head and a body of the Content-Length that it names.
  std::string receive_answer() {
    std::string answer = receive_until("\r\n\r\n");
    const std::size_t at = answer.find("Content-Length: ");
    if (at != std::string::npos) answer += receive(std::stoul(answer.substr(at + 16)));
    return answer;
  }

 private:
  bool receive_more() {
    pollfd look{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&look, 1, 10'000) <= 0) return false;
    std::array<char, 16384> part;
    const ssize_t got = ::recv(fd_, part.data(), part.size(), 0);
    clean_end_ = got == 0;
    if (got <= 0) return false;
    held_.append(part.data(), static_cast<std::size_t>(got));
    return true;
  }

  int fd_ = -1;
  bool connected_ = false, clean_end_ = false;
  std::string held_;
};

}  // namespace plimsoll::net::testing
