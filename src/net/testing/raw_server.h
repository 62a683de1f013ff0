#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace plimsoll::net::testing {

/// A server of blocking sockets: what it says is up to the test, byte by byte.
/// Each connection runs `serve(fd, number)` on a thread of its own, numbers from
/// 0; its end closes the connection. All are joined at the end.
class RawServer {
 public:
  using Serve = std::function<void(int fd, int number)>;

  explicit RawServer(Serve serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    start();
  }
  RawServer(const std::string& unix_path, Serve serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    start();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard guard(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& worker : workers_) worker.join();
  }

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void start() {
    ::listen(listener_, 64);
    acceptor_ = std::thread([this] {
      for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const std::lock_guard guard(mutex_);
        open_.push_back(fd);
        workers_.emplace_back([this, fd, number = accepted_++] { run(fd, number); });
      }
    });
  }
  void run(int fd, int number) {
    serve_(fd, number);
    const std::lock_guard guard(mutex_);
    std::erase(open_, fd);
    ::close(fd);
  }

  Serve serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
};

/// One request, head and Content-Length body; "" when the client has gone.
inline std::string read_request(int fd) {
  std::string bytes;
  char byte = 0;
  while (!bytes.ends_with("\r\n\r\n")) {
    if (::recv(fd, &byte, 1, 0) != 1) return "";
    bytes += byte;
  }
  const std::size_t at = bytes.find("Content-Length: ");
  if (at == std::string::npos) return bytes;
  const std::size_t head = bytes.size();
  bytes.resize(head + std::strtoul(bytes.c_str() + at + 16, nullptr, 10));
  for (std::size_t got = head; got < bytes.size();) {
    const ssize_t more = ::recv(fd, bytes.data() + got, bytes.size() - got, 0);
    if (more <= 0) return "";
    got += static_cast<std::size_t>(more);
  }
  return bytes;
}

inline void say(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Blocks until the client has closed; what it still sends is dropped.
inline void wait_for_close(int fd) {
  std::vector<char> room(1 << 16);
  while (::recv(fd, room.data(), room.size(), 0) > 0) {
  }
}

/// A port that takes no connection and refuses none: its queue is full.
class Blackhole {
 public:
  Blackhole() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    ::listen(listener_, 0);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(filler, reinterpret_cast<sockaddr*>(&address_), size);
    }
  }
  ~Blackhole() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  int listener_ = -1;
  int fillers_[4] = {};
  sockaddr_in address_{};
};

}  // namespace plimsoll::net::testing
