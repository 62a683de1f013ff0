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
/// codec of server and client reads and writes. On one loop.
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

  /// False once the peer has closed, reset, or sent something while idle.
  virtual bool idle_and_open() noexcept = 0;

  /// Calls `run(self)` once when the peer resets or fully closes; null stops.
  /// Used to see a client leave while its answer is being made.
  virtual void watch_hangup(void (*run)(void* self), void* self) noexcept = 0;

  virtual void close() noexcept = 0;
};

}  // namespace plimsoll::net
