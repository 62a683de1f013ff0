#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "net/internal/chunk_decoder.h"
#include "net/internal/content_decoder.h"
#include "net/internal/pool.h"

namespace plimsoll::net {

/// One request on one connection, and its response. Gives the connection back
/// as soon as the response's last byte has come, or closes it.
class ClientExchange final : public ClientResponse {
 public:
  ClientExchange(Pool& pool, std::unique_ptr<Connection> connection, ClientTimeouts timeouts,
                 CancelToken cancel);
  ~ClientExchange() override;

  /// Sends the request and reads the response's head. Errors: as Client::send.
  [[nodiscard]] Task<Result<void>> run(const ClientRequest& request);

  /// After an error of `run`: whether the peer cannot have worked on the
  /// request, because it did not take all of it.
  bool certainly_unprocessed() const noexcept {
    return !request_sent_ && times_.first_byte == kNever;
  }

  int status() const noexcept override { return space_->head.status; }
  const Headers& headers() const noexcept override { return space_->head.headers; }
  const ClientTimes& times() const noexcept override { return times_; }
  Task<Result<std::string_view>> read_some(Deadline deadline) override;
  Task<Result<std::string>> read_all(std::size_t bytes_max) override;

 private:
  static constexpr Deadline kNever = Deadline::min();
  static constexpr std::size_t kLargeBytes = 64 * 1024;

  enum class Phase : unsigned char { head, body };

  Result<bool> send_at_once(std::string_view& head, std::string_view& body);
  Task<Result<void>> send(std::string_view head, std::string_view body);
  Task<Result<void>> receive_head(AnswerTo answer_to);
  Result<bool> head_is_complete(AnswerTo answer_to);
  Result<void> begin_body();

  Result<void> begin_fill();
  Result<void> end_fill(Result<std::size_t> got, Deadline deadline);
  Result<std::string_view> take();
  Result<std::string_view> take_payload();
  Result<std::string_view> take_chunked();
  Result<std::string_view> take_decoded();
  bool body_over() const noexcept { return payload_over_ && encoded_.empty(); }
  void payload_ended();
  void drop_connection();
  Error told(Error error, Phase phase, bool own_deadline_first);

  std::string_view unread() const noexcept { return {room_.data() + begin_, end_ - begin_}; }

  Pool& pool_;  // while there is a connection of it
  PoolShared& shared_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ReceiveSpace> space_;
  ClientTimeouts timeouts_;
  CancelToken cancel_;
  ClientTimes times_{.connected = kNever, .sent = kNever, .first_byte = kNever};

  std::span<char> room_;  // where the body is received
  std::size_t begin_ = 0, end_ = 0;
  std::unique_ptr<char[]> large_;  // the room of a body that fills the first one
  std::uint64_t length_left_ = 0;
  std::optional<ChunkDecoder> chunks_;
  std::string payload_;  // taken out of chunks
  std::unique_ptr<ContentDecoder> decoder_;
  std::string_view encoded_;  // payload that the decoder has not taken
  std::unique_ptr<char[]> decoded_;
  std::size_t searched_ = 0, interim_heads_ = 0;
  bool request_sent_ = false, reusable_ = false, payload_over_ = false;
};

}  // namespace plimsoll::net
