#include "net/internal/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace plimsoll::net {
namespace {

/// Small messages must not wait for the peer's delayed ACK. Fails harmlessly on
/// unix sockets.
void disable_nagle(int fd) noexcept {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::unexpected<Error> io_failed(std::string_view doing, int error) {
  return fail(ErrorKind::io_failed, std::string(doing) + " the connection failed: " +
                                        std::generic_category().message(error));
}

void advance(std::string_view& head, std::string_view& body, std::size_t sent) noexcept {
  const std::size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
}

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

constexpr std::uint32_t kEverything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

std::unexpected<Error> closed_here() {
  return fail(ErrorKind::io_failed, "the connection was closed on this side");
}

}  // namespace

/// A peer that is always faster than we are must let others have a turn.
bool ReadAwaiter::await_ready() {
  if (cancel_.cancelled()) {
    result_ = fail(ErrorKind::cancelled, "the wait for the peer was cancelled");
    return true;
  }
  if (++stream_.socket().reads_in_a_row_ > TcpStream::kReadsInARowMax) return false;
  result_ = stream_.try_read(into_);
  return result_.has_value();
}

void ReadAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  stream_.socket().wait_for_read(*this, waiter);
}

Result<std::size_t> ReadAwaiter::await_resume() { return *std::move(result_); }

TcpStream::TcpStream(Loop& loop, int fd) : loop_(loop), fd_(fd) {
  if (!registration_.begin(loop.impl().poller, fd_, kEverything, &TcpStream::on_events, this)) {
    ::close(std::exchange(fd_, -1));
    return;
  }
  disable_nagle(fd_);
}

TcpStream::~TcpStream() {
  close();
  if (destroyed_ != nullptr) *destroyed_ = true;
}

std::optional<Result<std::size_t>> TcpStream::try_read(std::span<char> into) {
  if (fd_ < 0) return closed_here();
  if (!readable_) return std::nullopt;
  if (into.empty()) return Result<std::size_t>(0);
  while (true) {
    const ssize_t got = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && would_block(errno)) {
      readable_ = false;
      return std::nullopt;
    }
    if (got < 0) return io_failed("reading from", errno);
    // Less than there was room for: that was all. More to come is a new edge, but
    // an end that has been seen is none.
    if (static_cast<std::size_t>(got) < into.size() && !peer_ended_) readable_ = false;
    return Result<std::size_t>(static_cast<std::size_t>(got));
  }
}

void TcpStream::wait_for_read(ReadAwaiter& read, std::coroutine_handle<> waiter) {
  const bool wants_a_turn = reads_in_a_row_ > kReadsInARowMax;
  reads_in_a_row_ = 0;
  reading_ = &read;
  begin_wait(read_, waiter, read.deadline_, read.cancel_);
  asks_again_ = wants_a_turn;
  if (wants_a_turn) registration_.again(0);
}

void TcpStream::begin_wait(Wait& wait, std::coroutine_handle<> waiter, Deadline deadline,
                           CancelToken cancel) {
  wait.waiter = waiter;
  wait.stop = Stop::none;
  if (deadline != kNoDeadline) {
    loop_.impl().arm(wait.timer, deadline, &TcpStream::on_deadline, &wait);
  }
  cancel.subscribe(wait.callback, &TcpStream::on_cancel, &wait);
}

std::unexpected<Error> TcpStream::stopped(Stop why) {
  if (why == Stop::closed) return closed_here();
  if (why == Stop::cancelled) {
    return fail(ErrorKind::cancelled, "the wait for the peer was cancelled");
  }
  return fail(ErrorKind::deadline_exceeded, "the peer made no progress before the deadline");
}

std::coroutine_handle<> TcpStream::end_wait(Wait& wait, Stop why) noexcept {
  wait.stop = why;
  wait.timer.unlink();
  wait.callback.unlink();
  return std::exchange(wait.waiter, {});
}

void TcpStream::on_deadline(void* self) {
  auto& wait = *static_cast<Wait*>(self);
  wait.stream.stop_soon(wait, Stop::deadline);
}

void TcpStream::on_cancel(void* self, CancelReason) {
  auto& wait = *static_cast<Wait*>(self);
  wait.stream.stop_soon(wait, Stop::cancelled);
}

/// Through the loop's queue: whoever stops the wait goes on first.
void TcpStream::stop_soon(Wait& wait, Stop why) {
  const std::coroutine_handle<> waiter = end_wait(wait, why);
  if (!waiter) return;
  if (&wait == &read_) std::exchange(reading_, nullptr)->result_ = stopped(why);
  loop_.impl().resume_soon(waiter);
}

void TcpStream::on_events(void* self, std::uint32_t events) {
  TcpStream& stream = *static_cast<TcpStream*>(self);
  constexpr std::uint32_t kOver = EPOLLHUP | EPOLLERR;
  stream.hung_up_ |= (events & kOver) != 0;
  stream.peer_ended_ |= (events & (kOver | EPOLLRDHUP)) != 0;
  stream.readable_ |= (events & (kOver | EPOLLRDHUP | EPOLLIN)) != 0;
  stream.writable_ |= (events & (kOver | EPOLLOUT)) != 0;
  // Whoever is resumed may destroy the stream.
  bool destroyed = false;
  stream.destroyed_ = &destroyed;
  stream.tell_hangup();
  if (!destroyed && (stream.readable_ || stream.asks_again_) && stream.read_.waiter)
    stream.reader_may_go_on();
  if (!destroyed && stream.writable_ && stream.write_.waiter) {
    end_wait(stream.write_, Stop::none).resume();
  }
  if (!destroyed) stream.destroyed_ = nullptr;
}

void TcpStream::reader_may_go_on() {
  asks_again_ = false;  // a TLS record may lie above the socket
  auto result = reading_->stream_.try_read(reading_->into_);
  if (!result) return;  // not a whole TLS record, or nothing after all
  std::exchange(reading_, nullptr)->result_ = std::move(result);
  end_wait(read_, Stop::none).resume();
}

void TcpStream::tell_hangup() {
  if (on_hangup_ == nullptr) return;
  if (hung_up_) return std::exchange(on_hangup_, nullptr)(hangup_self_, Hangup::closed);
  if (!peer_ended_ || std::exchange(half_close_told_, true)) return;
  on_hangup_(hangup_self_, Hangup::half_closed);
}

void TcpStream::watch_hangup(OnHangup run, void* self) noexcept {
  on_hangup_ = run;
  hangup_self_ = self;
  half_close_told_ = false;
  hangup_timer_.unlink();
  if (run == nullptr || !peer_ended_) return;
  loop_.impl().arm(
      hangup_timer_, Clock::now(),
      [](void* stream) { static_cast<TcpStream*>(stream)->tell_hangup(); }, this);
}

/// Waits until the socket takes bytes again.
struct TcpStream::WritableAwaiter {
  TcpStream& stream;
  Deadline deadline;
  CancelToken cancel;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    stream.begin_wait(stream.write_, waiter, deadline, cancel);
  }
  Result<void> await_resume() const {
    if (stream.write_.stop == Stop::none) return {};
    return stopped(stream.write_.stop);
  }
};

namespace {

constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

ssize_t send_both(int fd, std::string_view head, std::string_view body) noexcept {
  std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()},
                              {const_cast<char*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return ::sendmsg(fd, &message, kSendFlags);
}

/// Little is put together first: the kernel takes one piece in less time than it
/// takes to read a list of two.
ssize_t send_once(int fd, std::string_view head, std::string_view body) noexcept {
  constexpr std::size_t kLittle = 4 * 1024;
  if (body.empty()) return ::send(fd, head.data(), head.size(), kSendFlags);
  if (head.empty()) return ::send(fd, body.data(), body.size(), kSendFlags);
  if (head.size() + body.size() > kLittle) return send_both(fd, head, body);
  std::array<char, kLittle> together;
  head.copy(together.data(), head.size());
  body.copy(together.data() + head.size(), body.size());
  return ::send(fd, together.data(), head.size() + body.size(), kSendFlags);
}

}  // namespace

Result<std::size_t> TcpStream::try_write(std::string_view head, std::string_view body) {
  if (fd_ < 0) return closed_here();
  if (!writable_) return 0;
  while (true) {
    const ssize_t sent = send_once(fd_, head, body);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && !would_block(errno)) return io_failed("writing to", errno);
    const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    writable_ = taken == head.size() + body.size();  // else room is a new edge
    return taken;
  }
}

Task<Result<void>> TcpStream::write_all(std::string_view head, std::string_view body,
                                        Deadline deadline, CancelToken cancel) {
  while (!head.empty() || !body.empty()) {
    PLIMSOLL_CO_TRY(const std::size_t sent, try_write(head, body));
    advance(head, body, sent);
    if (head.empty() && body.empty()) break;
    WritableAwaiter writable{*this, deadline, cancel};
    auto ready = co_await writable;
    if (!ready) co_return ready;
  }
  co_return Result<void>{};
}

bool TcpStream::idle_and_open() noexcept {
  if (fd_ < 0 || peer_ended_) return false;
  if (!readable_) return true;
  char byte = 0;
  readable_ = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || !would_block(errno);
  return !readable_;
}

void TcpStream::finish_writing() noexcept { ::shutdown(fd_, SHUT_WR); }

void TcpStream::close() noexcept {
  if (fd_ < 0) return;
  watch_hangup(nullptr, nullptr);
  registration_.end();
  ::close(std::exchange(fd_, -1));
  stop_soon(read_, Stop::closed);
  stop_soon(write_, Stop::closed);
}

}  // namespace plimsoll::net
