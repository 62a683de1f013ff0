#include "net/internal/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <string>

#include "net/internal/tcp_core.h"

namespace plimsoll::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Socket adopt(Loop& loop, int fd, int family) {
  Socket socket(loop.impl().context);
  error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) ::close(fd);  // the first use then fails with bad_descriptor
  return socket;
}

/// Small messages must not wait for the peer's delayed ACK. Fails harmlessly on
/// unix sockets.
void disable_nagle(Socket& socket) noexcept {
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::unexpected<Error> io_failed(std::string_view doing, const error_code& error) {
  return fail(ErrorKind::io_failed,
              std::string(doing) + " the connection failed: " + error.message());
}

std::unexpected<Error> stopped(Operation::Stop why) {
  if (why == Operation::Stop::deadline) {
    return fail(ErrorKind::deadline_exceeded, "the peer made no progress before the deadline");
  }
  return fail(ErrorKind::cancelled, "the wait for the peer was cancelled");
}

void advance(std::string_view& head, std::string_view& body, std::size_t sent) noexcept {
  const std::size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
}

/// Waits until the socket takes bytes again.
struct WritableAwaiter {
  TcpStream::Core& core;
  Deadline deadline;
  CancelToken cancel;

  bool await_ready() const noexcept { return cancel.cancelled(); }
  void await_suspend(std::coroutine_handle<> waiter) const {
    core.start_write_wait();
    core.guard(core.write_, waiter, deadline, cancel);
  }
  Result<void> await_resume() const {
    if (!core.write_.ended) return stopped(Operation::Stop::cancelled);
    core.write_.ended = false;
    if (!core.write_.error) return {};
    if (core.write_.stop != Operation::Stop::none) return stopped(core.write_.stop);
    return io_failed("writing to", core.write_.error);
  }
};

}  // namespace

TcpStream::TcpStream(Loop& loop, int fd, int family) : TcpStream(loop, adopt(loop, fd, family)) {}

TcpStream::TcpStream(Loop& loop, Socket socket) : core_(new Core(loop, std::move(socket))) {
  disable_nagle(core_->socket_);
}

TcpStream::~TcpStream() { core_->close(); }

bool TcpStream::ReadAwaiter::await_ready() noexcept {
  return core_.read_.ended || (cancel_.cancelled() && !core_.read_.pending);
}

void TcpStream::ReadAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  if (!core_.read_.pending) core_.start_read(into_);
  core_.guard(core_.read_, waiter, deadline_, cancel_);
}

Result<std::size_t> TcpStream::ReadAwaiter::await_resume() {
  Operation& read = core_.read_;
  if (!read.ended) return stopped(Operation::Stop::cancelled);
  read.ended = false;
  if (!read.error) return read.bytes;
  if (read.error == asio::error::eof) return 0;
  if (read.stop != Operation::Stop::none) return stopped(read.stop);
  return io_failed("reading from", read.error);
}

TcpStream::ReadAwaiter TcpStream::read_now(std::span<char> into, Deadline deadline,
                                           CancelToken cancel) noexcept {
  return {*core_, into, deadline, cancel};
}

Task<Result<std::size_t>> TcpStream::read_some(std::span<char> into, Deadline deadline,
                                               CancelToken cancel) {
  ReadAwaiter read(*core_, into, deadline, cancel);
  co_return co_await read;
}

Result<std::size_t> TcpStream::try_write(std::string_view head, std::string_view body) {
  std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()},
                              {const_cast<char*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = head.empty() ? &parts[1] : parts.data();
  message.msg_iovlen = (head.empty() || body.empty()) ? 1 : 2;
  for (;;) {
    const ssize_t sent =
        ::sendmsg(core_->socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno == EINTR) continue;
    return io_failed("writing to", error_code(errno, boost::system::system_category()));
  }
}

Task<Result<void>> TcpStream::write_all(std::string_view head, std::string_view body,
                                        Deadline deadline, CancelToken cancel) {
  while (!head.empty() || !body.empty()) {
    PLIMSOLL_CO_TRY(const std::size_t sent, try_write(head, body));
    advance(head, body, sent);
    if (head.empty() && body.empty()) break;
    WritableAwaiter writable{*core_, deadline, cancel};
    auto ready = co_await writable;
    if (!ready) co_return std::unexpected(std::move(ready).error());
  }
  co_return Result<void>{};
}

void TcpStream::read_ahead(std::span<char> into) {
  if (!core_->read_.pending && !core_->read_.ended) core_->start_read(into);
}

bool TcpStream::idle_and_open() noexcept {
  if (core_->read_.pending) return true;
  if (core_->read_.ended || !core_->socket_.is_open()) return false;
  char byte = 0;
  const ssize_t got =
      ::recv(core_->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void TcpStream::watch_hangup(OnHangup run, void* self) noexcept { core_->watch(run, self); }

void TcpStream::finish_writing() noexcept {
  error_code ignored;
  core_->socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::close() noexcept { core_->close(); }

int TcpStream::native_handle() noexcept { return core_->socket_.native_handle(); }

}  // namespace plimsoll::net
