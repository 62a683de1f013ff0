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

/// TLS over another stream. What OpenSSL wants to send is gathered and leaves in
/// one write; what it wants to read it reads from the stream below, as much as is
/// there, so that a record costs one system call.
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
  std::optional<Result<std::size_t>> try_read(std::span<char> into) override;
  Task<Result<void>> write_all(std::string_view head, std::string_view body, Deadline deadline,
                               CancelToken cancel) override;
  Result<std::size_t> try_write(std::string_view head, std::string_view body) override;
  bool idle_and_open() noexcept override;
  void watch_hangup(OnHangup run, void* self) noexcept override;
  void finish_writing() noexcept override;
  void close() noexcept override;
  TcpStream& socket() noexcept override { return below_->socket(); }

  bool resumed() const noexcept;
  std::string_view protocol() const noexcept;  // "TLSv1.3"

  /// OpenSSL's callback for a session that may be resumed.
  static int keep_session(SSL* ssl, SSL_SESSION* session);

 private:
  friend struct TlsBio;
  TlsStream(std::unique_ptr<Stream> below, SSL_CTX* context);
  Result<void> aim_at(const TlsClientOptions& options);
  Task<Result<void>> shake_hands(Deadline deadline, CancelToken cancel);
  Task<Result<void>> flush(Deadline deadline, CancelToken cancel);
  Result<void> encrypt(std::string_view record);
  void send_aside();
  std::string handshake_failure() const;

  std::unique_ptr<Stream> below_;
  std::shared_ptr<const void> context_;  // kept alive for the connection
  std::shared_ptr<TlsSessions> sessions_;
  SSL* ssl_ = nullptr;
  std::string unsent_;  // made by OpenSSL and not yet sent
  bool taken_ = false;  // the next write is in unsent_ already, by try_write
  bool sending_ = false, broken_ = false;
  bool at_end_ = false;           // the stream below has told its end
  std::optional<Error> failure_;  // of the stream below
};

}  // namespace plimsoll::net
