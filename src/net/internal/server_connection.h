#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/internal/head_scan.h"
#include "net/internal/loop_impl.h"
#include "net/internal/receive_buffer.h"
#include "net/internal/request_parser.h"
#include "net/internal/server_loop.h"
#include "net/internal/stream.h"

namespace plimsoll::net {

class TcpStream;

/// One client connection, and the exchange that is going on over it.
class ServerConnection final : public Exchange {
 public:
  ServerConnection(ServerLoop& home, std::unique_ptr<Stream> stream, std::string client_address,
                   bool tls);
  ~ServerConnection() override;

  /// Requests and answers in turn, until the connection ends.
  Task<void> serve();

  /// At the drain limit: cancels the exchange; true if there was one.
  bool cancel_exchange() noexcept;

  const RequestHead& head() const noexcept override { return head_; }
  Task<Result<std::string>> read_body(std::size_t bytes_max) override;
  Task<Result<void>> respond(const ResponseHead& head, std::string_view body) override;
  Task<Result<void>> start(const ResponseHead& head) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> finish() override;
  void abort() noexcept override;
  void reset() noexcept override;
  Task<Result<void>> respond_raw(std::string_view bytes) override;
  bool started() const noexcept override { return answer_ != Answer::none; }
  std::uint64_t bytes_sent() const noexcept override { return bytes_sent_; }
  CancelToken client_gone() noexcept override;
  CancelToken drain_over() noexcept override { return home_.cutting.token(); }

 private:
  enum class Body : unsigned char { none, unread, read };
  enum class Answer : unsigned char { none, streaming, complete, aborted };

  // Reading.
  Task<bool> next_request();
  Task<bool> receive(Deadline deadline, CancelToken token);
  std::optional<Refusal> take_head();
  Task<Result<std::string>> read_sized(std::size_t bytes);
  Task<Result<std::string>> read_chunked(std::size_t bytes_max);
  Task<Result<void>> say_continue();
  Error body_failed(const Error& cause);
  Error body_refused(const Refusal& refusal);
  std::string_view buffered_body() const noexcept;

  // Answering.
  Task<bool> run_exchange();
  Task<void> answer_for_the_handler();
  Task<void> refuse(const Refusal& refusal);
  void settle_body();
  bool must_close() noexcept;
  Task<Result<void>> send_all(std::string_view head, std::string_view body);
  std::optional<Result<void>> send_at_once(std::string_view head, std::string_view body,
                                           std::size_t& sent);
  Error lost(const Error& cause) noexcept;
  void cut_off() noexcept;
  Task<void> linger();

  static void on_hangup(void* self, Stream::Hangup what);
  void probe_half_closed() noexcept;

  ServerLoop& home_;
  std::unique_ptr<Stream> stream_;
  TcpStream* plain_;  // the same, if it is one
  std::string address_;
  ReceiveBuffer in_;
  std::string out_;    // head or chunk being sent
  std::string spill_;  // bytes of the next request that came with a chunked body
  HeadScan scan_;
  std::size_t requests_ = 0;
  bool broken_ = false;   // nothing more can be sent
  bool lingers_ = false;  // we end it: let the client read the answer first

  // Of the exchange.
  RequestHead head_;
  Framing framing_;
  std::size_t head_bytes_ = 0;  // of in_
  std::size_t body_used_ = 0;   // of in_, behind the head
  Body body_ = Body::none;
  Answer answer_ = Answer::none;
  std::optional<Refusal> body_refusal_;
  std::optional<CancelSource> gone_;
  bool watching_ = false;
  bool continue_due_ = false;
  bool keep_alive_ = true;
  bool chunked_answer_ = false;
  bool sending_ = false;      // a part of `out_` or of a body waits for the peer
  bool head_unsent_ = false;  // `out_` holds the head of a started answer
  std::uint64_t bytes_sent_ = 0;
};

}  // namespace plimsoll::net
