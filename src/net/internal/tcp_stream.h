#pragma once

#include "net/internal/loop_impl.h"
#include "net/internal/stream.h"

namespace plimsoll::net {

/// Plain TCP or a unix socket. Registered once, edge-triggered, for its life: it
/// knows whether there is something to read or room to write, so a read or a
/// write that would find nothing is not tried.
class TcpStream final : public Stream {
 public:
  /// Takes over a connected socket. Sets TCP_NODELAY where
  /// it applies. A socket that cannot be watched fails at its first use.
  TcpStream(Loop& loop, int fd);
  ~TcpStream() override;

  std::optional<Result<std::size_t>> try_read(std::span<char> into) override;
  Task<Result<void>> write_all(std::string_view head, std::string_view body, Deadline deadline,
                               CancelToken cancel) override;
  Result<std::size_t> try_write(std::string_view head, std::string_view body) override;
  bool idle_and_open() noexcept override;
  void watch_hangup(OnHangup run, void* self) noexcept override;
  void finish_writing() noexcept override;
  void close() noexcept override;
  TcpStream& socket() noexcept override { return *this; }
  /// False when a read would find nothing: whoever waits will be told of more.
  bool may_be_readable() const noexcept { return readable_ || fd_ < 0; }

  int native_handle() const noexcept { return fd_; }

  /// Suspends `read` until its stream's try_read has something or it is stopped.
  void wait_for_read(ReadAwaiter& read, std::coroutine_handle<> waiter);

 private:
  enum class Stop : unsigned char { none, deadline, cancelled, closed };

  /// One direction's wait.
  struct Wait {
    TcpStream& stream;
    std::coroutine_handle<> waiter{};  // null: nobody waits
    TimerEntry timer{};
    CancelCallback callback{};
    Stop stop = Stop::none;
  };
  struct WritableAwaiter;

  void begin_wait(Wait& wait, std::coroutine_handle<> waiter, Deadline deadline,
                  CancelToken cancel);
  static std::coroutine_handle<> end_wait(Wait& wait, Stop why) noexcept;
  void stop_soon(Wait& wait, Stop why);
  static std::unexpected<Error> stopped(Stop why);
  static void on_deadline(void* wait);
  static void on_cancel(void* wait, CancelReason reason);

  static void on_events(void* self, std::uint32_t events);
  void tell_hangup();
  void reader_may_go_on();

  /// Reads that found something at once before other work has a turn.
  static constexpr int kReadsInARowMax = 16;
  friend class ReadAwaiter;

  Loop& loop_;
  int fd_;
  bool readable_ = true, writable_ = true;  // as far as we know
  bool peer_ended_ = false, hung_up_ = false, half_close_told_ = false;
  bool* destroyed_ = nullptr;  // told while on_events runs
  ReadAwaiter* reading_ = nullptr;
  int reads_in_a_row_ = 0;
  bool asks_again_ = false;  // the reader gave its turn away
  Wait read_{*this}, write_{*this};
  OnHangup on_hangup_ = nullptr;
  void* hangup_self_ = nullptr;
  TimerEntry hangup_timer_;  // tells what was known before the watch began
  Registration registration_;
};

}  // namespace plimsoll::net
