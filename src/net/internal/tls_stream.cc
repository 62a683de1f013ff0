#include "net/internal/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/internal/authority.h"
#include "net/internal/tcp_stream.h"

namespace plimsoll::net {

/// The two ends that OpenSSL sees instead of a socket.
struct TlsBio {
  static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    TlsStream& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    auto got = stream.below_->try_read({into, static_cast<std::size_t>(size)});
    if (!got) {
      BIO_set_retry_read(bio);
      return -1;
    }
    if (*got) {
      stream.at_end_ = **got == 0;
      return static_cast<int>(**got);
    }
    stream.failure_ = std::move(*got).error();
    return -1;
  }

  static int write(BIO* bio, const char* from, int size) {
    stream_of(bio).unsent_.append(from, static_cast<std::size_t>(size));
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plimsoll");
      BIO_meth_set_read(method, &TlsBio::read);
      BIO_meth_set_write(method, &TlsBio::write);
      BIO_meth_set_ctrl(method, &TlsBio::control);
      return method;
    }();
    return made;
  }
};

namespace {

/// Emptying OpenSSL's queue of errors costs as much as a record, full or not.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

std::string reason_of_last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "protocol error" : reason;
}

constexpr std::size_t kKeptBytesMax = 4 * 1024;  // of unsent_, between writes

std::unexpected<Error> cut_off() {
  return fail(ErrorKind::io_failed, "the TLS connection ended without close_notify");
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<Stream> below, SSL_CTX* context)
    : below_(std::move(below)), ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(TlsBio::method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
}

TlsStream::~TlsStream() {
  below_->close();
  // Else OpenSSL takes a session that was not shut down for one that failed.
  SSL_set_quiet_shutdown(ssl_, 1);
  SSL_shutdown(ssl_);
  SSL_free(ssl_);
  forget_errors();
}

int TlsStream::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
  if (stream == nullptr || !stream->sessions_) return 0;
  stream->sessions_->put(session);
  return 1;
}

Result<void> TlsStream::aim_at(const TlsClientOptions& options) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_);
  int set = 0;
  if (is_ip_literal(options.host)) {
    set = X509_VERIFY_PARAM_set1_ip_asc(expected, options.host.c_str());
  } else {
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = SSL_set1_host(ssl_, options.host.c_str());
    SSL_set_tlsext_host_name(ssl_, options.host.c_str());
  }
  if (set != 1) return fail(ErrorKind::upstream_unreachable, "no certificate can name this host");
  if (sessions_) {
    if (auto session = sessions_->take()) SSL_set_session(ssl_, session.get());
  }
  return {};
}

Task<Result<std::unique_ptr<TlsStream>>> TlsStream::connect(std::unique_ptr<Stream> below,
                                                            TlsClientOptions options,
                                                            Deadline deadline, CancelToken cancel) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(below), options.context->native()));
  stream->context_ = options.context;
  stream->sessions_ = options.sessions;
  if (auto aimed = stream->aim_at(options); !aimed) {
    co_return std::unexpected(std::move(aimed).error());
  }
  SSL_set_connect_state(stream->ssl_);
  auto done = co_await stream->shake_hands(deadline, cancel);
  if (!done) {
    Error error = std::move(done).error();
    if (error.kind == ErrorKind::io_failed) {
      error.kind = ErrorKind::upstream_unreachable;
      error.what = "no TLS with " + options.host + ": " + error.what;
    }
    co_return std::unexpected(std::move(error));
  }
  co_return std::move(stream);
}

Task<Result<std::unique_ptr<TlsStream>>> TlsStream::accept(
    std::unique_ptr<Stream> below, std::shared_ptr<const TlsServerContext> context,
    Deadline deadline, CancelToken cancel) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(below), context->native()));
  stream->context_ = std::move(context);
  SSL_set_accept_state(stream->ssl_);
  auto done = co_await stream->shake_hands(deadline, cancel);
  if (!done) co_return std::unexpected(std::move(done).error());
  co_return std::move(stream);
}

std::string TlsStream::handshake_failure() const {
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict == X509_V_OK) return reason_of_last_error();
  forget_errors();
  return std::string("the certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
}

Task<Result<void>> TlsStream::shake_hands(Deadline deadline, CancelToken cancel) {
  while (true) {
    forget_errors();
    const int code = SSL_do_handshake(ssl_);
    const int wants = code == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, code);
    std::string failure;
    if (wants != SSL_ERROR_NONE && wants != SSL_ERROR_WANT_READ) failure = handshake_failure();
    auto sent = co_await flush(deadline, cancel);  // an alert too
    if (failure_) co_return std::unexpected(*failure_);
    if (at_end_) co_return fail(ErrorKind::io_failed, "the peer closed during the handshake");
    if (!failure.empty()) co_return fail(ErrorKind::io_failed, std::move(failure));
    if (!sent) co_return std::unexpected(std::move(sent).error());
    if (wants == SSL_ERROR_NONE) co_return Result<void>{};
    auto more = co_await below_->read_some({}, deadline, cancel);
    if (!more) co_return std::unexpected(std::move(more).error());
  }
}

/// Sends what OpenSSL made. A second one, from the other direction, leaves its
/// bytes to the first: records must keep their order.
Task<Result<void>> TlsStream::flush(Deadline deadline, CancelToken cancel) {
  if (sending_) co_return Result<void>{};
  sending_ = true;
  Result<void> sent{};
  while (sent && !unsent_.empty()) {
    std::string now = std::exchange(unsent_, {});
    sent = co_await below_->write_all(now, {}, deadline, cancel);
    if (unsent_.empty() && now.capacity() <= kKeptBytesMax) {
      now.clear();
      unsent_ = std::move(now);
    }
  }
  sending_ = false;
  if (!sent) broken_ = true;
  co_return sent;
}

std::optional<Result<std::size_t>> TlsStream::try_read(std::span<char> into) {
  if (broken_) return cut_off();
  // To ask OpenSSL in vain costs a third of a record.
  if (!below_->socket().may_be_readable() && SSL_has_pending(ssl_) == 0) return std::nullopt;
  std::size_t got = 0;
  forget_errors();
  const int code = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  if (code == 1) return Result<std::size_t>(got);
  const int wants = SSL_get_error(ssl_, code);
  if (wants == SSL_ERROR_ZERO_RETURN) return Result<std::size_t>(0);
  if (wants == SSL_ERROR_WANT_READ) {
    send_aside();
    return std::nullopt;
  }
  broken_ = true;
  if (failure_) return std::unexpected(*failure_);
  if (at_end_) return cut_off();
  return fail(ErrorKind::io_failed, "TLS failed: " + reason_of_last_error());
}

/// What reading made us say (the answer to a key update). What does not go at
/// once leaves before the next write.
void TlsStream::send_aside() {
  if (unsent_.empty() || sending_) return;
  const auto sent = below_->try_write(unsent_, {});
  if (sent) unsent_.erase(0, *sent);
}

namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;

/// Moves up to one record's worth of head and body to one place, so that a
/// small message is one record.
std::string_view gather(std::string_view& head, std::string_view& body) {
  thread_local std::array<char, kRecordBytesMax> place;
  const std::size_t of_head = std::min(head.size(), place.size());
  const std::size_t of_body = std::min(body.size(), place.size() - of_head);
  head.copy(place.data(), of_head);  // unlike memcpy, this may be from null
  body.copy(place.data() + of_head, of_body);
  head.remove_prefix(of_head);
  body.remove_prefix(of_body);
  return {place.data(), of_head + of_body};
}

}  // namespace

Result<void> TlsStream::encrypt(std::string_view record) {
  std::size_t written = 0;
  forget_errors();
  if (SSL_write_ex(ssl_, record.data(), record.size(), &written) == 1) return {};
  broken_ = true;
  return fail(ErrorKind::io_failed, "TLS failed: " + reason_of_last_error());
}

/// A message of one record, if nothing is in its way. Once encrypted it cannot be
/// taken back: what does not leave at once is left to write_all.
Result<std::size_t> TlsStream::try_write(std::string_view head, std::string_view body) {
  const std::size_t size = head.size() + body.size();
  if (broken_) return cut_off();
  if (sending_ || !unsent_.empty() || size > kRecordBytesMax) return 0;
  if (auto done = encrypt(gather(head, body)); !done) return std::unexpected(done.error());
  PLIMSOLL_TRY(const std::size_t sent, below_->try_write(unsent_, {}));
  if (sent < unsent_.size()) {
    unsent_.erase(0, sent);
    taken_ = true;
    return 0;
  }
  unsent_.clear();
  if (unsent_.capacity() > kKeptBytesMax) unsent_.shrink_to_fit();
  return size;
}

Task<Result<void>> TlsStream::write_all(std::string_view head, std::string_view body,
                                        Deadline deadline, CancelToken cancel) {
  constexpr std::size_t kUnsentBytesMax = 256 * 1024;
  if (std::exchange(taken_, false)) head = body = {};  // all of it, by try_write
  while (!head.empty() || !body.empty()) {
    if (broken_) co_return cut_off();
    if (auto done = encrypt(gather(head, body)); !done) co_return done;
    if (unsent_.size() < kUnsentBytesMax) continue;
    auto sent = co_await flush(deadline, cancel);
    if (!sent) co_return sent;
  }
  co_return co_await flush(deadline, cancel);
}

bool TlsStream::idle_and_open() noexcept {
  return !broken_ && SSL_has_pending(ssl_) == 0 && SSL_get_shutdown(ssl_) == 0 &&
         below_->idle_and_open();
}

void TlsStream::watch_hangup(OnHangup run, void* self) noexcept { below_->watch_hangup(run, self); }

void TlsStream::finish_writing() noexcept {
  forget_errors();
  if (!broken_ && !sending_ && SSL_shutdown(ssl_) >= 0 && !unsent_.empty()) {
    // A notice that the socket does not take at once is lost; the FIN is not.
    static_cast<void>(below_->try_write(unsent_, {}));
    unsent_.clear();
  }
  forget_errors();
  below_->finish_writing();
}

void TlsStream::close() noexcept {
  broken_ = true;
  below_->close();
}

bool TlsStream::resumed() const noexcept { return SSL_session_reused(ssl_) == 1; }

std::string_view TlsStream::protocol() const noexcept { return SSL_get_version(ssl_); }

}  // namespace plimsoll::net
