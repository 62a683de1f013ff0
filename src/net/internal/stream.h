#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace plimsoll::net {

class Stream;
class TcpStream;

/// What `co_await stream.read_some(...)` waits with. A plain struct, so that a
/// read makes no coroutine frame and, when bytes are there, no wait.
class ReadAwaiter {
 public:
  ReadAwaiter(Stream& stream, std::span<char> into, Deadline deadline, CancelToken cancel) noexcept
      : stream_(stream), into_(into), deadline_(deadline), cancel_(cancel) {}
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);
  Result<std::size_t> await_resume();

 private:
  friend class TcpStream;
  Stream& stream_;
  std::span<char> into_;
  Deadline deadline_;
  CancelToken cancel_;
  std::optional<Result<std::size_t>> result_;
};

/// A connected byte stream: TCP, unix socket, or TLS over either. What the HTTP
/// codec of server and client reads and writes. On one loop; one read and one
/// write at a time. Must not die while either is awaited.
class Stream {
 public:
  virtual ~Stream() = default;

  /// At least one byte; 0 at end of input. Tries at once, waits only if empty.
  ///
  /// Errors: io_failed (reset), deadline_exceeded, cancelled.
  [[nodiscard]] ReadAwaiter read_some(std::span<char> into, Deadline deadline,
                                      CancelToken cancel) noexcept {
    return {*this, into, deadline, cancel};
  }

  /// What can be read without waiting: at least one byte, 0 at end of input;
  /// empty when nothing has come. Without room in `into` it only says, by 0,
  /// that another try may find something.
  ///
  /// Errors: io_failed.
  [[nodiscard]] virtual std::optional<Result<std::size_t>> try_read(std::span<char> into) = 0;

  /// All of `head` then all of `body`, one system call when the socket takes it.
  ///
  /// Errors: io_failed, deadline_exceeded (no progress until it), cancelled.
  [[nodiscard]] virtual Task<Result<void>> write_all(std::string_view head, std::string_view body,
                                                     Deadline deadline, CancelToken cancel) = 0;

  /// Writes what goes at once, never waits: the bytes taken of `head` and
  /// `body` together. The fast path before write_all: unless all was taken, the
  /// rest, unchanged, is the next thing to be written.
  ///
  /// Errors: io_failed.
  [[nodiscard]] virtual Result<std::size_t> try_write(std::string_view head,
                                                      std::string_view body) = 0;

  /// False once the peer has closed, reset, or sent something while idle. No
  /// system call, unless the last read filled all of its room.
  virtual bool idle_and_open() noexcept = 0;

  /// Calls `run(self, what)` from the loop, soon after it happens, when the peer
  /// has ended its direction (half_closed, at most once) and when it resets or
  /// has closed both (closed, once, then the watch is over); null stops. Used to
  /// see a client leave while its answer is being made. Costs nothing.
  enum class Hangup : unsigned char { half_closed, closed };
  using OnHangup = void (*)(void* self, Hangup what);
  virtual void watch_hangup(OnHangup run, void* self) noexcept = 0;

  /// Ends our direction (FIN, with close_notify before it on TLS).
  virtual void finish_writing() noexcept = 0;

  /// Ends both; a pending read or write ends with io_failed. Bytes not yet read
  /// make the kernel send a reset.
  virtual void close() noexcept = 0;

  /// The socket at the bottom: what a read waits for.
  virtual TcpStream& socket() noexcept = 0;
};

}  // namespace plimsoll::net
