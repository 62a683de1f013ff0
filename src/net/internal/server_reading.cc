// The reading half of a server connection: heads, bodies, time limits.
#include <algorithm>

#include "net/internal/answer_head.h"
#include "net/internal/chunk_decoder.h"
#include "net/internal/server_connection.h"
#include "net/internal/tcp_stream.h"

namespace plimsoll::net {
namespace {

constexpr std::size_t kBodyStep = 64 * 1024;
constexpr std::size_t kChunkedStep = 16 * 1024;

constexpr Refusal kTooSlow{.status = 408,
                           .kind = ErrorKind::request_timeout,
                           .what = "the request did not arrive in time",
                           .hint = "send it faster, or raise the server's timeouts"};
constexpr Refusal kTooLarge{.status = 413,
                            .kind = ErrorKind::request_too_large,
                            .what = "the request's body is larger than this server takes",
                            .hint = "send a smaller body"};

}  // namespace

/// Waits for the next whole head. False when the connection is over: closed,
/// idle for too long, or refused.
Task<bool> ServerConnection::next_request() {
  const ServerLimits& limits = home_.limits;
  scan_.reset();
  const bool fresh = requests_ == 0;
  Deadline deadline = home_.loop.impl().turn_began +
                      (fresh || !in_.empty() ? limits.header_timeout : limits.keep_alive_timeout);
  CancelToken token = in_.empty() ? home_.draining.token() : home_.cutting.token();
  for (;;) {
    const auto verdict = in_.empty() ? HeadScan::Verdict::needs_more : scan_.look(in_.bytes());
    if (verdict == HeadScan::Verdict::complete) break;
    if (verdict == HeadScan::Verdict::refused) {
      const Refusal refusal = scan_.refusal();
      co_await refuse(refusal);
      co_return false;
    }
    const bool begins = in_.empty();
    if (!co_await receive(deadline, token)) co_return false;
    if (!begins) continue;
    deadline =
        home_.loop.impl().turn_began + limits.header_timeout;  // from the first byte to the last
    token = home_.cutting.token();
  }
  const auto refusal = take_head();
  if (refusal) co_await refuse(*refusal);
  co_return !refusal.has_value();
}

/// Puts more bytes into the buffer; false at the end of the connection.
Task<bool> ServerConnection::receive(Deadline deadline, CancelToken token) {
  const std::span<char> room = in_.room();
  auto got = co_await stream_->read_some(room, deadline, token);
  if (got && *got > 0) {
    in_.filled(*got);
    co_return true;
  }
  const bool too_slow = !got && got.error().kind == ErrorKind::deadline_exceeded;
  if (too_slow && !in_.empty()) co_await refuse(kTooSlow);
  co_return false;
}

std::optional<Refusal> ServerConnection::take_head() {
  head_bytes_ = scan_.end();
  const std::string_view bytes = in_.bytes().substr(scan_.begin(), head_bytes_ - scan_.begin());
  if (auto refusal = parse_request(bytes, head_, framing_)) return refusal;
  if (framing_.content_length > home_.limits.body_bytes_max) return kTooLarge;
  body_used_ = 0;
  body_ = framing_.chunked || framing_.content_length > 0 ? Body::unread : Body::none;
  continue_due_ = framing_.expects_continue && buffered_body().empty();
  return std::nullopt;
}

std::string_view ServerConnection::buffered_body() const noexcept {
  return in_.bytes().substr(head_bytes_);
}

Task<Result<std::string>> ServerConnection::read_body(std::size_t bytes_max) {
  const std::size_t most = std::min(bytes_max, home_.limits.body_bytes_max);
  if (body_ != Body::unread) co_return std::string();
  if (framing_.content_length > most) co_return std::unexpected(body_refused(kTooLarge));
  if (!framing_.chunked && buffered_body().size() >= framing_.content_length) {
    // The common case: the body came with the head.
    body_ = Body::read;
    body_used_ = framing_.content_length;
    co_return std::string(buffered_body().substr(0, body_used_));
  }
  if (continue_due_) {
    auto said = co_await say_continue();
    if (!said) co_return std::unexpected(std::move(said).error());
  }
  if (framing_.chunked) co_return co_await read_chunked(most);
  co_return co_await read_sized(framing_.content_length);
}

Task<Result<void>> ServerConnection::say_continue() {
  continue_due_ = false;
  co_return co_await send_all(kContinue, "");
}

/// A length that the client claims is no reason to allocate: the string grows
/// with what really comes.
Task<Result<std::string>> ServerConnection::read_sized(std::size_t bytes) {
  std::string body(buffered_body());
  body_used_ = body.size();
  const Deadline deadline = Clock::now() + home_.limits.body_timeout;
  std::size_t filled = body.size();
  while (filled < bytes) {
    if (filled == body.size()) {
      body.resize(std::min(bytes, filled + std::max(kBodyStep, filled)));
    }
    auto got = co_await stream_->read_some({body.data() + filled, body.size() - filled}, deadline,
                                           gone_->token());
    if (!got) co_return std::unexpected(body_failed(got.error()));
    if (*got == 0) co_return std::unexpected(lost({.kind = ErrorKind::cancelled, .what = {}}));
    filled += *got;
  }
  body_ = Body::read;
  co_return body;
}

Task<Result<std::string>> ServerConnection::read_chunked(std::size_t bytes_max) {
  ChunkDecoder decoder(bytes_max);
  std::string body;
  std::string_view rest = buffered_body();
  auto verdict = decoder.feed(rest, body);
  body_used_ = buffered_body().size() - rest.size();
  const Deadline deadline = Clock::now() + home_.limits.body_timeout;
  const auto room = std::make_unique_for_overwrite<char[]>(kChunkedStep);
  while (verdict == ChunkDecoder::Verdict::needs_more) {
    auto got = co_await stream_->read_some({room.get(), kChunkedStep}, deadline, gone_->token());
    if (!got) co_return std::unexpected(body_failed(got.error()));
    if (*got == 0) co_return std::unexpected(lost({.kind = ErrorKind::cancelled, .what = {}}));
    rest = std::string_view(room.get(), *got);
    verdict = decoder.feed(rest, body);
    if (verdict == ChunkDecoder::Verdict::complete) spill_.assign(rest);
  }
  if (verdict == ChunkDecoder::Verdict::refused) {
    co_return std::unexpected(body_refused(decoder.refusal()));
  }
  body_ = Body::read;
  co_return body;
}

/// The body stays unread, so the connection ends after the answer.
Error ServerConnection::body_refused(const Refusal& refusal) {
  body_refusal_ = refusal;
  if (refusal.status == 400) count(home_.framing_errors);
  return refusal.error();
}

Error ServerConnection::body_failed(const Error& cause) {
  if (cause.kind == ErrorKind::deadline_exceeded) return body_refused(kTooSlow);
  return lost(cause);
}

}  // namespace plimsoll::net
