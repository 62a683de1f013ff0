#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/internal/stream.h"
#include "net/internal/tls_context.h"

extern "C" {
typedef struct ssl_st SSL;
typedef struct bio_st BIO;
}

namespace plimsoll::net {

struct TlsClientOptions {
  std::shared_ptr<const TlsClientContext> context;
  std::string host;                       // verified against the certificate, and sent as SNI
  std::shared_ptr<TlsSessions> sessions;  // may be null: then nothing is resumed
};

/// TLS over another stream. OpenSSL works on memory only: what it wants to send
/// leaves in one write, what it wants to read comes from the stream below.
class TlsStream final : public Stream {
 public:
  /// Shakes hands as a client. The chain and the host name have been verified
  /// when this returns.
  ///
  /// Errors: upstream_unreachable (not trusted, not TLS, closed),
  /// deadline_exceeded, cancelled.
  [[nodiscard]] static Task<Result<std::unique_ptr<TlsStream>>> connect(
      std::unique_ptr<Stream> below, TlsClientOptions options, Deadline deadline,
      CancelToken cancel);

  /// Shakes hands as a server.
  ///
  /// Errors: io_failed, deadline_exceeded, cancelled.
  [[nodiscard]] static Task<Result<std::unique_ptr<TlsStream>>> accept(
      std::unique_ptr<Stream> below, std::shared_ptr<const TlsServerContext> context,
      Deadline deadline, CancelToken cancel);

  ~TlsStream() override;

  /// An end without close_notify is io_failed: it may be a cut.
  Task<Result<std::size_t>> read_some(std::span<char> into, Deadline deadline,
                                      CancelToken cancel) override;
  Task<Result<void>> write_all(std::string_view head, std::string_view body, Deadline deadline,
                               CancelToken cancel) override;
  void read_ahead(std::span<char> into) override;
  bool idle_and_open() noexcept override;
  void watch_hangup(OnHangup run, void* self) noexcept override;
  void finish_writing() noexcept override;
  void close() noexcept override;

  bool resumed() const noexcept;
  std::string_view protocol() const noexcept;  // "TLSv1.3"

  /// OpenSSL's callback for a session that may be resumed.
  static int keep_session(SSL* ssl, SSL_SESSION* session);

 private:
  friend struct TlsBio;
  TlsStream(std::unique_ptr<Stream> below, SSL_CTX* context);
  Result<void> aim_at(const TlsClientOptions& options);
  Task<Result<void>> shake_hands(Deadline deadline, CancelToken cancel);
  Task<Result<bool>> fill(Deadline deadline, CancelToken cancel);  // false at the end of input
  Task<Result<void>> flush(Deadline deadline, CancelToken cancel);
  std::string handshake_failure() const;

  static constexpr std::size_t kStagingBytes = 16 * 1024 + 512;  // one full record

  std::unique_ptr<Stream> below_;
  std::shared_ptr<const void> context_;  // kept alive for the connection
  std::shared_ptr<TlsSessions> sessions_;
  SSL* ssl_ = nullptr;
  std::unique_ptr<char[]> staging_;  // received and not yet taken by OpenSSL
  std::size_t staged_begin_ = 0, staged_end_ = 0;
  std::string unsent_;  // made by OpenSSL and not yet sent
  bool sending_ = false, broken_ = false;
};

}  // namespace plimsoll::net
