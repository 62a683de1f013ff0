#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "net/loop.h"

extern "C" {
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;
}

namespace plimsoll::net {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const noexcept;
};
struct FreeTlsSession {
  void operator()(SSL_SESSION* session) const noexcept;
};
using TlsContextPtr = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// What a client trusts and speaks: TLS >= 1.2, ALPN http/1.1, chain and host
/// name verified. Immutable, shared by all loops.
class TlsClientContext {
 public:
  /// Reads the trusted certificates: `ca_file` (PEM), or if "" those of
  /// SSL_CERT_FILE and SSL_CERT_DIR, else the system's bundle. Blocks for some
  /// 20 ms: not for a loop.
  ///
  /// Errors
  ///   upstream_unreachable   the file cannot be read or holds no certificate
  [[nodiscard]] static Result<std::shared_ptr<const TlsClientContext>> load(
      const std::string& ca_file);

  SSL_CTX* native() const noexcept { return context_.get(); }

 private:
  TlsContextPtr context_;
};

/// A server's certificate and key. Immutable: to reload, load another one and
/// give it to new connections; those of the old one keep it alive.
class TlsServerContext {
 public:
  /// Reads PEM files: the certificate first, then its chain. Blocks.
  ///
  /// Errors
  ///   io_failed   unreadable, or the key does not belong to the certificate
  [[nodiscard]] static Result<std::shared_ptr<const TlsServerContext>> load(
      const std::string& certificate_file, const std::string& key_file);

  SSL_CTX* native() const noexcept { return context_.get(); }

 private:
  TlsContextPtr context_;
};

/// The context for `ca_file`, loaded once for the whole process by a thread of
/// its own (again when the file has changed). All that ask meanwhile wait.
///
/// Errors: as TlsClientContext::load; deadline_exceeded, cancelled.
[[nodiscard]] Task<Result<std::shared_ptr<const TlsClientContext>>> shared_tls_context(
    Loop& loop, std::string ca_file, Deadline deadline, CancelToken cancel);

/// The last session of an origin, for resumption. On one loop.
class TlsSessions {
 public:
  void put(SSL_SESSION* session) noexcept { last_.reset(session); }  // takes ownership
  /// Gives the session away: a ticket of TLS 1.3 is best used once.
  std::unique_ptr<SSL_SESSION, FreeTlsSession> take() noexcept { return std::move(last_); }

 private:
  std::unique_ptr<SSL_SESSION, FreeTlsSession> last_;
};

}  // namespace plimsoll::net
