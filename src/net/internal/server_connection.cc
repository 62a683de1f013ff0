#include "net/internal/server_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "net/internal/answer_head.h"
#include "net/internal/tcp_stream.h"

namespace plimsoll::net {
namespace {

constexpr std::size_t kWriteStep = 256 * 1024;  // one write_timeout each
constexpr std::size_t kChunkBytesMax = 64 * 1024;
constexpr std::size_t kOutBytesKept = 8 * 1024;  // of the buffer, between writes
constexpr std::size_t kLingerBytesMax = 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1'000};

/// Lets the kernel ask a silent peer for signs of life. One that has closed answers
/// for as long as its own kernel remembers the connection (a minute on Linux), then
/// resets.
void ask_by_keep_alive(int socket) noexcept {
  constexpr int kOn = 1, kSeconds = 5, kTimes = 3;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kSeconds, sizeof kSeconds);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &kSeconds, sizeof kSeconds);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kTimes, sizeof kTimes);
}

constexpr Refusal kNotAnswered{.status = 500,
                               .kind = ErrorKind::internal_bug,
                               .what = "the request was not answered",
                               .hint = "report it: this is a bug of the server"};

}  // namespace

ServerConnection::ServerConnection(ServerLoop& home, std::unique_ptr<Stream> stream,
                                   std::string client_address, bool tls)
    : home_(home),
      stream_(std::move(stream)),
      plain_(dynamic_cast<TcpStream*>(stream_.get())),
      address_(std::move(client_address)),
      scan_({.bytes_max = home.limits.header_bytes_max, .fields_max = home.limits.headers_max}) {
  head_.client_address = address_;
  head_.tls = tls;
  home_.connections.insert(this);
}

ServerConnection::~ServerConnection() { home_.connections.erase(this); }

Task<void> ServerConnection::serve() {
  while (co_await next_request()) {
    if (!co_await run_exchange()) break;
  }
  if (lingers_ && !broken_) co_await linger();
  stream_->close();
}

/// One request and its answer; false when the connection cannot go on.
Task<bool> ServerConnection::run_exchange() {
  ++requests_;
  count(home_.requests);
  gone_.emplace();
  answer_ = Answer::none;
  body_refusal_.reset();
  bytes_sent_ = 0;
  keep_alive_ = framing_.keep_alive && requests_ < home_.limits.requests_per_connection_max;

  co_await home_.handler.handle(*this);
  if (answer_ == Answer::none && !broken_) co_await answer_for_the_handler();
  if (answer_ == Answer::streaming) abort();  // it must not look complete
  if (watching_) stream_->watch_hangup(nullptr, nullptr);
  watching_ = false;
  gone_.reset();
  if (broken_ || answer_ != Answer::complete || !keep_alive_) {
    lingers_ = true;
    co_return false;
  }
  settle_body();
  co_return true;
}

/// Drops the request from the buffer. Only called when its body was read, or
/// stands in the buffer as a whole.
void ServerConnection::settle_body() {
  if (body_ == Body::unread) body_used_ = framing_.content_length;
  in_.consume(head_bytes_ + body_used_);
  if (spill_.empty()) return;
  in_.append(spill_);
  spill_.clear();
  spill_.shrink_to_fit();
}

/// Whether this answer is the last on its connection: said in its head.
bool ServerConnection::must_close() noexcept {
  const bool body_stays = body_ == Body::unread &&
                          (framing_.chunked || buffered_body().size() < framing_.content_length);
  if (body_stays || home_.draining.reason() != CancelReason::none) keep_alive_ = false;
  return !keep_alive_;
}

Task<void> ServerConnection::answer_for_the_handler() {
  const Refusal refusal = body_refusal_.value_or(kNotAnswered);
  const std::string body = home_.handler.error_body(refusal.error());
  ResponseHead head;
  head.status = refusal.status;
  head.headers.emplace_back("Content-Type", "application/json");
  static_cast<void>(co_await respond(head, body));
}

/// Answers a request that no handler sees, and ends the connection.
Task<void> ServerConnection::refuse(const Refusal& refusal) {
  count(home_.framing_errors);
  const std::string body = home_.handler.error_body(refusal.error());
  ResponseHead head;
  head.status = refusal.status;
  head.headers.emplace_back("Content-Type", "application/json");
  out_.clear();
  append_answer_head(out_, head, {.content_length = body.size(), .chunked = false, .close = true});
  gone_.emplace();
  static_cast<void>(co_await send_all(out_, body));
  gone_.reset();
  lingers_ = true;
}

Error ServerConnection::lost(const Error& cause) noexcept {
  broken_ = true;
  if (gone_) gone_->cancel(CancelReason::client_gone);
  return {
      .kind = ErrorKind::cancelled,
      .what = cause.what.empty() ? "the client has gone" : "the client has gone: " + cause.what};
}

/// The fast path: empty if something is left, after `sent` bytes.
std::optional<Result<void>> ServerConnection::send_at_once(std::string_view head,
                                                           std::string_view body,
                                                           std::size_t& sent) {
  if (broken_) return fail(ErrorKind::cancelled, "the client has gone");
  auto taken = stream_->try_write(head, body);
  if (!taken) return std::unexpected(lost(taken.error()));
  sent = *taken;
  if (sent < head.size() + body.size()) return std::nullopt;
  return Result<void>{};
}

/// Each step that makes progress gets a write_timeout of its own.
Task<Result<void>> ServerConnection::send_all(std::string_view head, std::string_view body) {
  std::size_t sent = 0;
  if (auto done = send_at_once(head, body, sent)) co_return std::move(*done);
  const std::size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
  sending_ = true;
  while (!head.empty() || !body.empty()) {
    const std::string_view step = body.substr(0, kWriteStep);
    const Deadline deadline = Clock::now() + home_.limits.write_timeout;
    auto written = co_await stream_->write_all(head, step, deadline, gone_->token());
    if (!written) co_return std::unexpected(lost(written.error()));
    head = {};
    body.remove_prefix(step.size());
  }
  sending_ = false;
  co_return Result<void>{};
}

Task<Result<void>> ServerConnection::respond(const ResponseHead& head, std::string_view body) {
  const bool bodiless = has_no_body(head.status);
  AnswerFraming framing{.content_length = {}, .chunked = false, .close = must_close()};
  if (!bodiless) framing.content_length = body.size();
  if (bodiless || head_.method == "HEAD") body = {};
  answer_ = Answer::complete;
  continue_due_ = false;
  out_.clear();
  append_answer_head(out_, head, framing);
  std::size_t sent = 0;
  auto done = send_at_once(out_, body, sent);
  if (!done) {
    const std::size_t of_head = std::min(sent, out_.size());
    done = co_await send_all(std::string_view(out_).substr(of_head), body.substr(sent - of_head));
  }
  if (*done) bytes_sent_ += body.size();
  co_return std::move(*done);
}

Task<Result<void>> ServerConnection::start(const ResponseHead& head) {
  chunked_answer_ = !framing_.http_1_0;
  const bool close = must_close();
  answer_ = Answer::streaming;
  continue_due_ = false;
  out_.clear();
  append_answer_head(out_, head,
                     {.content_length = {}, .chunked = chunked_answer_, .close = close});
  head_unsent_ = true;
  if (broken_) co_return fail(ErrorKind::cancelled, "the client has gone");
  co_return Result<void>{};
}

/// Copies into one buffer, so that an event is one system call and one packet.
/// Without bytes it sends the head, if that still waits.
Task<Result<void>> ServerConnection::write(std::string_view bytes) {
  do {
    const std::string_view part = bytes.substr(0, kChunkBytesMax);
    bytes.remove_prefix(part.size());
    if (!head_unsent_) out_.clear();
    head_unsent_ = false;
    if (head_.method == "HEAD") {
      // Only the head is sent.
    } else if (chunked_answer_ && !part.empty()) {
      append_chunk(out_, part);
    } else {
      out_.append(part);
    }
    std::size_t sent = 0;
    auto done = send_at_once(out_, "", sent);
    if (!done) done = co_await send_all(std::string_view(out_).substr(sent), "");
    if (!*done) co_return std::move(*done);
    bytes_sent_ += part.size();
  } while (!bytes.empty());
  if (out_.capacity() > kOutBytesKept) std::string().swap(out_);
  co_return Result<void>{};
}

Task<Result<void>> ServerConnection::finish() {
  if (answer_ != Answer::streaming) co_return fail(ErrorKind::cancelled, "the answer was aborted");
  if (!head_unsent_) out_.clear();
  head_unsent_ = false;
  answer_ = Answer::complete;
  if (chunked_answer_ && head_.method != "HEAD") out_.append(kLastChunk);
  co_return co_await send_all(out_, "");
}

/// Without a length or a last chunk a plain end would look like success: a
/// close-delimited answer is reset instead.
void ServerConnection::abort() noexcept {
  if (answer_ == Answer::complete || answer_ == Answer::aborted) return;
  const bool close_delimited = answer_ == Answer::streaming && !chunked_answer_;
  answer_ = Answer::aborted;
  if (broken_) return;
  if (!close_delimited) return stream_->finish_writing();
  cut_off();
}

void ServerConnection::reset() noexcept {
  if (answer_ == Answer::complete || answer_ == Answer::aborted) return;
  answer_ = Answer::aborted;
  if (!broken_) cut_off();
}

/// Closes so that the peer sees a reset, whatever was or was not read.
void ServerConnection::cut_off() noexcept {
  broken_ = true;
  if (plain_ != nullptr) {
    const struct linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(plain_->native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  stream_->close();
}

Task<Result<void>> ServerConnection::respond_raw(std::string_view bytes) {
  answer_ = Answer::aborted;  // the connection cannot go on
  auto sent = co_await send_all(bytes, "");
  if (sent) bytes_sent_ += bytes.size();
  co_return std::move(sent);
}

/// A close with unread input would reset the connection and may take the answer
/// with it, so we end our side, and read the other away for a while.
Task<void> ServerConnection::linger() {
  stream_->finish_writing();
  in_.consume(in_.bytes().size());
  const Deadline deadline = Clock::now() + kLingerTime;
  for (std::size_t dropped = 0; dropped < kLingerBytesMax;) {
    auto got = co_await stream_->read_some(in_.room(), deadline, {});
    if (!got || *got == 0) break;
    dropped += *got;
  }
}

CancelToken ServerConnection::client_gone() noexcept {
  if (!watching_ && !broken_) {
    watching_ = true;
    stream_->watch_hangup(&ServerConnection::on_hangup, this);
  }
  return gone_->token();
}

void ServerConnection::on_hangup(void* self, Stream::Hangup what) {
  auto& connection = *static_cast<ServerConnection*>(self);
  if (what == Stream::Hangup::half_closed) return connection.probe_half_closed();
  static_cast<void>(connection.lost({.kind = ErrorKind::cancelled, .what = {}}));
}

/// TCP cannot say whether a peer that has ended its side still reads. Bytes that
/// mean nothing find out: if nobody reads, the peer's kernel resets, and the watch
/// sees that next. Before the head that is an interim answer, which every HTTP/1.1
/// client skips; between two chunks it is a leading zero of the next one's size.
/// HTTP/1.0 has neither, so there the kernel asks (not below TLS).
/// Where we cannot ask (TLS) a client that ends its side has gone.
void ServerConnection::probe_half_closed() noexcept {
  const bool streaming = answer_ == Answer::streaming;
  if (answer_ != Answer::none && !streaming) return;
  if (framing_.http_1_0) {
    if (plain_ != nullptr) ask_by_keep_alive(plain_->native_handle());
    return;
  }
  if (sending_) return;  // what is on its way asks the same
  const bool in_body = streaming && !head_unsent_;
  if (in_body && head_.method == "HEAD") return;
  const std::string_view probe = in_body ? kLeadingZero : kContinue;
  auto sent = stream_->try_write(probe, "");
  if (sent && *sent == probe.size()) return;
  if (sent && *sent == 0 && streaming && plain_ != nullptr) return;  // a full buffer asks too
  static_cast<void>(lost({.kind = ErrorKind::cancelled, .what = {}}));
}

bool ServerConnection::cancel_exchange() noexcept {
  if (!gone_) return false;
  gone_->cancel(CancelReason::shutdown);
  return true;
}

}  // namespace plimsoll::net
