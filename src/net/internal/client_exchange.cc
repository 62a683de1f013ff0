#include "net/internal/client_exchange.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace plimsoll::net {
namespace {

constexpr std::size_t kInterimHeadsMax = 16;
constexpr std::size_t kBodyRoomMin = 4 * 1024;
constexpr std::size_t kDecodedBytes = 16 * 1024;

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::upstream_malformed, std::move(what));
}

}  // namespace

ClientExchange::ClientExchange(Pool& pool, std::unique_ptr<Connection> connection,
                               ClientTimeouts timeouts, CancelToken cancel)
    : pool_(pool),
      shared_(pool.shared()),
      connection_(std::move(connection)),
      space_(shared_.take_space()),
      timeouts_(timeouts),
      cancel_(cancel),
      room_(space_->all()) {
  times_.connected = shared_.loop.impl().turn_began;
  times_.reused_connection = connection_->used;
}

ClientExchange::~ClientExchange() {
  drop_connection();
  shared_.give_space(std::move(space_));
}

void ClientExchange::drop_connection() {
  if (connection_) pool_.discard(std::move(connection_));
}

Error ClientExchange::told(Error error, Phase phase, bool own_deadline_first) {
  const bool head = phase == Phase::head;
  if (error.kind == ErrorKind::deadline_exceeded && own_deadline_first) {
    error.kind = head ? ErrorKind::upstream_timeout_headers : ErrorKind::upstream_timeout_idle;
    error.what = head ? "no response head within " + std::to_string(timeouts_.headers.count()) +
                            " ms of the request"
                      : "nothing more of the response came in time";
  } else if (error.kind == ErrorKind::deadline_exceeded) {
    error.what = "the request's deadline passed while its response was awaited";
  } else if (error.kind == ErrorKind::io_failed) {
    error.kind = head ? ErrorKind::upstream_unreachable : ErrorKind::upstream_cut;
    error.what = (head ? "no answer from the upstream: " : "the response was cut: ") + error.what;
  }
  return error;
}

Task<Result<void>> ClientExchange::run(const ClientRequest& request) {
  auto written = write_request_head(request, pool_.frame(), space_->request_head);
  if (!written) co_return written;
  std::string_view head = space_->request_head, body = request.body;
  Result<void> sent{};
  if (auto all = send_at_once(head, body); !all) {
    sent = std::unexpected(std::move(all).error());
  } else if (!*all) {
    sent = co_await send(head, body);
  }
  times_.sent = Clock::now();
  request_sent_ = sent.has_value();
  // A peer may answer and close before it has taken the whole request: then
  // what it said counts. A connection that was used before died of old age.
  const bool may_have_answered =
      !sent && sent.error().kind == ErrorKind::io_failed && !times_.reused_connection;
  if (!sent && !may_have_answered) {
    co_return std::unexpected(
        told(std::move(sent).error(), Phase::head, times_.sent < timeouts_.deadline));
  }
  const AnswerTo answer_to = request.method == "HEAD" ? AnswerTo::head : AnswerTo::other;
  auto received = co_await receive_head(answer_to);
  if (!received) {
    drop_connection();
    co_return received;
  }
  co_return begin_body();
}

/// The usual case, which needs no wait: one system call. True if all went.
Result<bool> ClientExchange::send_at_once(std::string_view& head, std::string_view& body) {
  PLIMSOLL_TRY(const std::size_t sent, connection_->link.stream->try_write(head, body));
  const std::size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
  return head.empty() && body.empty();
}

Task<Result<void>> ClientExchange::send(std::string_view head, std::string_view body) {
  const Deadline by = sooner(timeouts_.deadline, Clock::now() + timeouts_.headers);
  return connection_->link.stream->write_all(head, body, by, cancel_);
}

Task<Result<void>> ClientExchange::receive_head(AnswerTo answer_to) {
  const Deadline own = times_.sent + timeouts_.headers;
  const Deadline by = sooner(timeouts_.deadline, own);
  while (true) {
    if (end_ == room_.size()) {
      if (end_ >= kResponseHeadBytesMax) {
        co_return malformed("the upstream's response head is over 64 KiB");
      }
      space_->grow(room_.size() * 2, end_);
      room_ = space_->all();
    }
    auto got = co_await connection_->link.stream->read_some(room_.subspan(end_), by, cancel_);
    if (!got) {
      co_return std::unexpected(
          told(std::move(got).error(), Phase::head, own < timeouts_.deadline));
    }
    if (*got == 0 && end_ == 0) {
      co_return fail(ErrorKind::upstream_unreachable,
                     "the upstream closed the connection without an answer");
    }
    if (*got == 0) {
      co_return fail(ErrorKind::upstream_unreachable, "the response was cut within its head");
    }
    if (times_.first_byte == kNever) {
      times_.first_byte = std::max(times_.sent, shared_.loop.impl().turn_began);
    }
    end_ += *got;
    PLIMSOLL_CO_TRY(const bool complete, head_is_complete(answer_to));
    if (complete) co_return Result<void>{};
  }
}

/// Looks at what has come; drops interim (1xx) heads. Leaves begin_ behind the
/// final head.
Result<bool> ClientExchange::head_is_complete(AnswerTo answer_to) {
  while (true) {
    const std::string_view bytes(room_.data(), end_);
    const std::size_t size = response_head_size(bytes, searched_);
    if (size == 0) {
      searched_ = end_;
      return false;
    }
    if (size > kResponseHeadBytesMax) {
      return malformed("the upstream's response head is over 64 KiB");
    }
    if (room_.size() - size < kBodyRoomMin) {
      // The head's fields point into this room, so it cannot grow later.
      space_->grow(size + ReceiveSpace::kBytes + (end_ - size), end_);
      room_ = space_->all();
    }
    const std::string_view head(room_.data(), size);
    if (auto parsed = parse_response_head(head, answer_to, space_->head); !parsed) {
      return std::unexpected(std::move(parsed).error());
    }
    begin_ = size;
    if (space_->head.status >= 200) return true;
    if (space_->head.status == 101 || ++interim_heads_ > kInterimHeadsMax) {
      return malformed("the upstream sent an interim response that was not asked for");
    }
    std::memmove(room_.data(), room_.data() + size, end_ - size);
    end_ -= size;
    searched_ = begin_ = 0;
  }
}

Result<void> ClientExchange::begin_body() {
  const ParsedResponseHead& head = space_->head;
  reusable_ = head.keep_alive && request_sent_;
  room_ = room_.subspan(begin_);
  end_ -= begin_;
  begin_ = 0;
  length_left_ = head.length;
  if (head.framing == BodyFraming::none) {
    payload_ended();
    return {};
  }
  if (head.framing == BodyFraming::chunked) {
    chunks_.emplace(std::numeric_limits<std::uint64_t>::max());
  }
  PLIMSOLL_TRY(decoder_, make_content_decoder(head.headers.get("content-encoding").value_or("")));
  if (decoder_) decoded_ = std::make_unique_for_overwrite<char[]>(kDecodedBytes);
  return {};
}

/// The last byte of the response has come: the connection is free again. The
/// room, with what the caller still reads, stays here.
void ClientExchange::payload_ended() {
  payload_over_ = true;
  if (connection_ && reusable_ && unread().empty()) return pool_.release(std::move(connection_));
  drop_connection();
}

Task<Result<std::string_view>> ClientExchange::read_some(Deadline deadline) {
  while (true) {
    PLIMSOLL_CO_TRY(const std::string_view piece, take());
    if (!piece.empty() || body_over()) co_return piece;
    if (auto ready = begin_fill(); !ready) co_return std::unexpected(std::move(ready).error());
    const Deadline by = sooner(deadline, timeouts_.deadline);
    auto got = co_await connection_->link.stream->read_some(room_, by, cancel_);
    auto filled = end_fill(std::move(got), deadline);
    if (!filled) co_return std::unexpected(std::move(filled).error());
  }
}

Task<Result<std::string>> ClientExchange::read_all(std::size_t bytes_max) {
  std::string out;
  if (chunks_ == std::nullopt && !decoder_ && length_left_ <= bytes_max) {
    out.reserve(static_cast<std::size_t>(length_left_));
  }
  while (true) {
    PLIMSOLL_CO_TRY(const std::string_view piece, take());
    if (piece.size() > bytes_max - out.size()) {
      drop_connection();
      co_return malformed("the response's body is over " + std::to_string(bytes_max) + " bytes");
    }
    out += piece;
    if (piece.empty() && body_over()) co_return std::move(out);
    if (!piece.empty()) continue;
    if (auto ready = begin_fill(); !ready) co_return std::unexpected(std::move(ready).error());
    auto got = co_await connection_->link.stream->read_some(room_, timeouts_.deadline, cancel_);
    auto filled = end_fill(std::move(got), kNoDeadline);
    if (!filled) co_return std::unexpected(std::move(filled).error());
  }
}

/// Before more is received: makes room. All that came before has been taken.
Result<void> ClientExchange::begin_fill() {
  if (!connection_) return fail(ErrorKind::upstream_cut, "the response was cut before");
  if (!large_ && end_ == room_.size() && begin_ == end_ && end_ != 0) {
    large_ = std::make_unique_for_overwrite<char[]>(kLargeBytes);
    room_ = {large_.get(), kLargeBytes};
  }
  begin_ = end_ = 0;
  return {};
}

/// After it: what `got` means.
Result<void> ClientExchange::end_fill(Result<std::size_t> got, Deadline deadline) {
  if (!got) {
    drop_connection();
    return std::unexpected(
        told(std::move(got).error(), Phase::body, deadline < timeouts_.deadline));
  }
  if (*got != 0) {
    end_ = *got;
    return {};
  }
  reusable_ = false;
  if (space_->head.framing == BodyFraming::until_close) {
    payload_ended();
    return {};
  }
  drop_connection();
  return fail(ErrorKind::upstream_cut, "the connection ended before the response's body did");
}

/// What is at hand of the body; "" if nothing, which is its end if body_over().
Result<std::string_view> ClientExchange::take() {
  auto piece = decoder_ ? take_decoded() : take_payload();
  if (!piece) drop_connection();
  return piece;
}

Result<std::string_view> ClientExchange::take_payload() {
  if (payload_over_ || begin_ == end_) return std::string_view{};
  if (chunks_) return take_chunked();
  std::string_view piece = unread();
  if (space_->head.framing == BodyFraming::length) {
    piece = piece.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(length_left_, piece.size())));
    length_left_ -= piece.size();
  }
  begin_ += piece.size();
  if (space_->head.framing == BodyFraming::length && length_left_ == 0) payload_ended();
  return piece;
}

Result<std::string_view> ClientExchange::take_chunked() {
  payload_.clear();
  std::string_view in = unread();
  const ChunkDecoder::Verdict verdict = chunks_->feed(in, payload_);
  begin_ = end_ - in.size();
  if (verdict == ChunkDecoder::Verdict::refused) {
    return malformed("the response's chunks are broken: " + std::string(chunks_->refusal().what));
  }
  if (verdict == ChunkDecoder::Verdict::complete) payload_ended();
  return std::string_view(payload_);
}

Result<std::string_view> ClientExchange::take_decoded() {
  const std::span<char> out(decoded_.get(), kDecodedBytes);
  while (true) {
    PLIMSOLL_TRY(const std::size_t size, decoder_->decode(encoded_, out));
    if (size != 0) return std::string_view(out.data(), size);
    PLIMSOLL_TRY(encoded_, take_payload());
    if (!encoded_.empty()) continue;
    if (payload_over_ && !decoder_->complete()) {
      return malformed("the response's compressed body ends too early");
    }
    return std::string_view{};
  }
}

}  // namespace plimsoll::net
