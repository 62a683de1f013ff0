#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace plimsoll::net {

/// A connected byte stream: TCP, unix socket, or TLS over either. What the HTTP
/// codec of server and client reads and writes. On one loop; one read and one
/// write at a time. Must not die while either is awaited.
class Stream {
 public:
  virtual ~Stream() = default;

  /// At least one byte; 0 at end of input. Tries at once, waits only if empty.
  ///
  /// Errors: io_failed (reset), deadline_exceeded, cancelled.
  [[nodiscard]] virtual Task<Result<std::size_t>> read_some(std::span<char> into, Deadline deadline,
                                                            CancelToken cancel) = 0;

  /// All of `head` then all of `body`, one system call when the socket takes it.
  ///
  /// Errors: io_failed, deadline_exceeded (no progress until it), cancelled.
  [[nodiscard]] virtual Task<Result<void>> write_all(std::string_view head, std::string_view body,
                                                     Deadline deadline, CancelToken cancel) = 0;

  /// Writes what goes at once, never waits: the bytes taken of `head` and
  /// `body` together. The fast path before write_all of the rest. A stream that
  /// cannot do it takes 0.
  ///
  /// Errors: io_failed.
  [[nodiscard]] virtual Result<std::size_t> try_write(std::string_view head,
                                                      std::string_view body) {
    static_cast<void>(head), static_cast<void>(body);
    return 0;
  }

  /// Begins a read into `into` and returns; the next read_some must name the
  /// same place and gets its result. For idle connections: the wait costs no
  /// system call, and makes idle_and_open free of one. Optional.
  virtual void read_ahead(std::span<char> into) { static_cast<void>(into); }

  /// False once the peer has closed, reset, or sent something while idle.
  virtual bool idle_and_open() noexcept = 0;

  /// Calls `run(self, what)` from the loop, up to about 50 ms after it happens,
  /// when the peer has ended its direction (half_closed, at most once) and when
  /// it resets or has closed both (closed, once, then the watch is over); null
  /// stops. Used to see a client leave while its answer is being made.
  enum class Hangup : unsigned char { half_closed, closed };
  using OnHangup = void (*)(void* self, Hangup what);
  virtual void watch_hangup(OnHangup run, void* self) noexcept = 0;

  /// Ends our direction (FIN, with close_notify before it on TLS).
  virtual void finish_writing() noexcept = 0;

  /// Ends both; a pending read or write ends with io_failed. Bytes not yet read
  /// make the kernel send a reset.
  virtual void close() noexcept = 0;
};

}  // namespace plimsoll::net
