#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "net/headers.h"
#include "net/loop.h"

namespace plimsoll::net {

/// Where requests go. Connections are pooled per origin, loop and Origin object.
struct Origin {
  bool tls = false;
  std::string host;  // name, IPv4, IPv6 without brackets, or "unix:/path"
  std::uint16_t port = 80;
  std::string base_path;  // "" or "/v1": put before every request's target
  std::string ca_file;    // PEM; "": SSL_CERT_FILE, else the system's store
  std::string proxy;      // "http://host:port"; "" = HTTPS_PROXY/HTTP_PROXY less NO_PROXY
  bool use_environment_proxy = true;
  std::size_t connections_max = 1024;  // per loop; more requests wait for one
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{60'000};  // a pooled connection is dropped after it

  bool operator==(const Origin&) const = default;
};

/// Reads "https://host[:port][/path]".
///
/// Errors
///   config_invalid   not such a URL
[[nodiscard]] Result<Origin> parse_origin(std::string_view url);

struct ClientRequest {
  std::string_view method = "POST";
  std::string_view target = "/";  // put behind base_path
  /// Host, Content-Length, Connection and Accept-Encoding are the client's.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
};

struct ClientTimeouts {
  Deadline deadline = kNoDeadline;             // for all of it, body included
  std::chrono::milliseconds headers{120'000};  // from the request sent to the response head
};

/// What the transport saw of one request, for the trail. Monotonic; min() = never.
struct ClientTimes {
  Deadline connected{}, sent{}, first_byte{};
  bool reused_connection = false;
};

/// A response whose body is pulled. Destroying it early closes its connection;
/// read to its end, the connection goes back to the pool.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  virtual int status() const noexcept = 0;
  virtual const Headers& headers() const noexcept = 0;  // valid while this lives
  virtual const ClientTimes& times() const noexcept = 0;

  /// The next bytes of the body, decoded of transfer and content encoding
  /// (gzip, deflate, br, zstd); empty at its clean end. The view is valid until
  /// the next call. `deadline` is for this read.
  ///
  /// Errors
  ///   upstream_cut           the connection ended before the body did
  ///   upstream_malformed     bad chunk framing or bad compressed data
  ///   upstream_timeout_idle  nothing came before `deadline`
  ///   deadline_exceeded      the request's own deadline passed
  ///   cancelled
  [[nodiscard]] virtual Task<Result<std::string_view>> read_some(Deadline deadline) = 0;

  /// The whole rest of the body.
  ///
  /// Errors: as read_some; upstream_malformed when longer than `bytes_max`.
  [[nodiscard]] virtual Task<Result<std::string>> read_all(std::size_t bytes_max) = 0;
};

struct ClientCounters {
  std::uint64_t connections_open = 0, connections_idle = 0, connections_made = 0, requests = 0;
};

/// An HTTP/1.1 client with connection pools, one per loop. Must outlive its
/// responses, and die on its loop (or after it has stopped).
class Client {
 public:
  explicit Client(Loop& loop);
  ~Client();

  /// Sends a request and waits for the response head (1xx are skipped). The
  /// views in `request` must live until this returns. A pooled connection that
  /// turns out to be dead before a byte of the response is replaced by a new
  /// one, once, if the request cannot have been processed (no byte sent, or the
  /// peer had closed before we wrote).
  ///
  /// Errors
  ///   upstream_unreachable       no address, refused, TLS failed, ca_file unreadable, CONNECT
  ///                              refused by the proxy, closed or reset before or within the head
  ///   upstream_timeout_connect   connect_timeout passed
  ///   upstream_timeout_headers   no response head in time
  ///   upstream_malformed         the head (or the proxy's) is not HTTP/1.x or too long, its
  ///                              framing is ambiguous, or its content encoding is not known
  ///   config_invalid             the proxy's URL, also one from the environment, is unusable
  ///   deadline_exceeded          `timeouts.deadline` passed
  ///   cancelled                  by `cancel`
  [[nodiscard]] Task<Result<std::unique_ptr<ClientResponse>>> send(
      std::shared_ptr<const Origin> origin, ClientRequest request, ClientTimeouts timeouts,
      CancelToken cancel);

  ClientCounters counters() const;  // on the loop

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::net
