#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "net/headers.h"
#include "net/loop.h"

namespace plimsoll::net {

/// Every limit of the server has a name, a unit and a default.
struct ServerLimits {
  std::size_t header_bytes_max = 64 * 1024;
  std::size_t headers_max = 128;
  std::size_t body_bytes_max = 32 * 1024 * 1024;
  std::size_t connections_max = 100'000;             // of all loops together
  std::chrono::milliseconds header_timeout{10'000};  // from first byte to end of head
  std::chrono::milliseconds body_timeout{60'000};    // to the end of the body
  std::chrono::milliseconds write_timeout{60'000};   // one write that makes no progress
  std::chrono::milliseconds keep_alive_timeout{75'000};
  std::chrono::milliseconds cancel_grace{5'000};  // of `drain`, for what it cancelled
  std::size_t requests_per_connection_max = 1'000'000;
};

/// Where to listen: "host:port", "[v6]:port", port 0 for any, or "unix:/path".
struct ListenAddress {
  std::string address;
  std::string tls_certificate_file, tls_key_file;  // both or neither
};

/// The head of a request that passed the strict framing checks. Views are valid
/// until the exchange ends.
struct RequestHead {
  std::string_view method;
  std::string_view target;  // origin form, query included
  std::string_view path;    // target up to '?'
  Headers headers;
  std::string_view client_address;  // without the port
  bool tls = false;
};

struct ResponseHead {
  int status = 200;
  /// Content-Length, Transfer-Encoding, Connection and Date are the server's.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
};

/// One request and the answer to it. Lives on its loop, until the handler ends.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& head() const noexcept = 0;

  /// Reads the whole body, answering `Expect: 100-continue` first. At most once.
  ///
  /// Errors
  ///   request_too_large   over `bytes_max`; told by Content-Length before reading
  ///   request_invalid     broken chunk framing
  ///   request_timeout     slower than body_timeout
  ///   cancelled           the client has gone
  [[nodiscard]] virtual Task<Result<std::string>> read_body(std::size_t bytes_max) = 0;

  /// Sends a whole answer: head and body in one write. At most once, and not
  /// after `start`.
  ///
  /// Errors: cancelled (client gone or too slow).
  [[nodiscard]] virtual Task<Result<void>> respond(const ResponseHead& head,
                                                   std::string_view body) = 0;

  /// Begins a chunked answer. The head leaves with the first `write`, or at
  /// once when `flush` is asked for.
  [[nodiscard]] virtual Task<Result<void>> start(const ResponseHead& head) = 0;
  /// Sends one chunk; waits while the client is slow: that is the back-pressure.
  [[nodiscard]] virtual Task<Result<void>> write(std::string_view bytes) = 0;
  /// Ends a chunked answer cleanly.
  [[nodiscard]] virtual Task<Result<void>> finish() = 0;
  /// Ends it so that the client sees the break: no last chunk, connection closed.
  virtual void abort() noexcept = 0;
  /// The same with a TCP reset, also before any answer. For servers that fail on
  /// purpose; where the transport cannot reset, an abort.
  virtual void reset() noexcept { abort(); }
  /// Sends `bytes` in place of an answer, status line included, and closes the
  /// connection. For servers that break HTTP on purpose; the default can only abort.
  ///
  /// Errors: cancelled, as respond.
  [[nodiscard]] virtual Task<Result<void>> respond_raw(std::string_view bytes) {
    static_cast<void>(bytes);
    abort();
    co_return Result<void>{};
  }

  /// True once the head has been sent or queued.
  virtual bool started() const noexcept = 0;
  virtual std::uint64_t bytes_sent() const noexcept = 0;  // body bytes

  /// Cancelled (client_gone) when the peer resets or closes both directions, and
  /// (shutdown) when the drain limit passes. A half-close is not a disconnect; TCP
  /// shows both alike, so after one the server sends bytes that mean nothing to
  /// an HTTP/1.1 client (an interim 100, or a leading zero of the next chunk's
  /// size) and learns from the reset whether anybody reads. HTTP/1.0 clients are
  /// asked by TCP keep-alive instead, which takes about a minute.
  virtual CancelToken client_gone() noexcept = 0;

  /// Cancelled (shutdown) when the drain limit passes, also after the client has
  /// gone: for what goes on without it.
  virtual CancelToken drain_over() noexcept { return {}; }
};

/// What a server does with a request. One for all loops, so thread-safe. A
/// handler that returns without an answer makes the server send 500.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Task<void> handle(Exchange& exchange) = 0;

  /// The body for an error the server itself found (bad framing, timeouts, too
  /// large, connections_max): must be pure and quick. JSON is assumed.
  virtual std::string error_body(const Error& error) = 0;
};

struct ServerCounters {
  std::uint64_t connections_open = 0, connections_accepted = 0, connections_refused = 0;
  std::uint64_t requests = 0, framing_errors = 0;
};

/// An HTTP/1.1 server on all loops of a group (SO_REUSEPORT; a unix socket is
/// accepted on the first loop and handed round). Strict framing: RFC 9112 with
/// every ambiguity refused.
class Server {
 public:
  /// `handler` and `loops` must outlive the server; `loops` must be running.
  Server(LoopGroup& loops, Handler& handler, ServerLimits limits);
  ~Server();

  /// Binds and starts to accept. Call from outside the loops.
  ///
  /// Errors
  ///   io_failed   address in use, no such address, certificate unreadable
  [[nodiscard]] Result<void> listen(const ListenAddress& address);

  /// The bound port of the n-th TCP listener, for port 0.
  std::uint16_t port(std::size_t listener = 0) const;

  /// Reads the certificates again; on error the old ones stay.
  [[nodiscard]] Result<void> reload_certificates();

  /// Stops accepting, closes idle connections, lets exchanges end until
  /// `limit`, then cancels them (shutdown) and waits up to `cancel_grace` for
  /// their end. Blocks; call from outside the loops. Returns the number of
  /// exchanges that had to be cancelled. What ignored its cancellation still runs
  /// then, and is what counters().connections_open tells; the destructor waits
  /// for it without a limit, since it uses the server.
  std::size_t drain(std::chrono::milliseconds limit);

  ServerCounters counters() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::net
