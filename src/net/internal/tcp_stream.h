#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "net/internal/loop_impl.h"
#include "net/internal/stream.h"

namespace plimsoll::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

/// Plain TCP or a unix socket. Reads through Asio's edge-triggered registration
/// (one recv per message, no epoll_ctl), writes first and waits later.
class TcpStream final : public Stream {
 public:
  /// Takes over a connected socket of the family `family` (AF_INET, AF_INET6,
  /// AF_UNIX). Sets TCP_NODELAY where it applies.
  TcpStream(Loop& loop, int fd, int family);
  /// The same for a socket that Asio has connected.
  TcpStream(Loop& loop, Socket socket);
  ~TcpStream() override;

  Task<Result<std::size_t>> read_some(std::span<char> into, Deadline deadline,
                                      CancelToken cancel) override;
  Task<Result<void>> write_all(std::string_view head, std::string_view body, Deadline deadline,
                               CancelToken cancel) override;
  Result<std::size_t> try_write(std::string_view head, std::string_view body) override;
  void read_ahead(std::span<char> into) override;
  bool idle_and_open() noexcept override;
  void watch_hangup(OnHangup run, void* self) noexcept override;
  void finish_writing() noexcept override;
  void close() noexcept override;

  int native_handle() noexcept;

  class Core;  // outlives this while Asio still holds an operation

  /// As read_some and without a coroutine frame: the awaiter of the hot path.
  class ReadAwaiter;
  ReadAwaiter read_now(std::span<char> into, Deadline deadline, CancelToken cancel) noexcept;

 private:
  boost::intrusive_ptr<Core> core_;
};

/// A plain struct to co_await at once; yields Result<std::size_t>.
class TcpStream::ReadAwaiter {
 public:
  ReadAwaiter(Core& core, std::span<char> into, Deadline deadline, CancelToken cancel) noexcept
      : core_(core), into_(into), deadline_(deadline), cancel_(cancel) {}
  bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> waiter);
  Result<std::size_t> await_resume();

 private:
  Core& core_;
  std::span<char> into_;
  Deadline deadline_;
  CancelToken cancel_;
};

}  // namespace plimsoll::net
