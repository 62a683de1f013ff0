#pragma once

#include <boost/asio/error.hpp>
#include <cstddef>
#include <cstdint>
#include <new>

#include "net/internal/tcp_stream.h"

namespace plimsoll::net {

/// Room for one Asio operation at a time, so that starting one allocates nothing.
class OperationMemory {
 public:
  void* take(std::size_t bytes) {
    if (used_ || bytes > sizeof room_) return ::operator new(bytes);
    used_ = true;
    return room_;
  }
  void give_back(void* place) noexcept {
    if (place == room_) {
      used_ = false;
    } else {
      ::operator delete(place);
    }
  }

 private:
  alignas(std::max_align_t) std::byte room_[192];
  bool used_ = false;
};

/// The allocator that Asio asks a handler for.
template <class T>
class OperationAllocator {
 public:
  using value_type = T;
  explicit OperationAllocator(OperationMemory& memory) noexcept : memory_(&memory) {}
  template <class U>
  OperationAllocator(const OperationAllocator<U>& other) noexcept : memory_(other.memory_) {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory_->take(n * sizeof(T))); }
  void deallocate(T* place, std::size_t) noexcept { memory_->give_back(place); }
  template <class U>
  bool operator==(const OperationAllocator<U>& other) const noexcept {
    return memory_ == other.memory_;
  }

  OperationMemory* memory_;
};

/// One direction's operation: who waits for it, until when, and how it ended.
struct Operation {
  enum class Stop : std::uint8_t { none, deadline, cancelled };

  bool pending = false;  // Asio holds it
  bool ended = false;    // its result has not been taken
  Stop stop = Stop::none;
  boost::system::error_code error;
  std::size_t bytes = 0;
  std::coroutine_handle<> waiter;
  TimerEntry timer;
  CancelCallback callback;
  OperationMemory memory;
};

/// The socket and its operations. Kept alive by the stream and by every
/// operation that Asio holds. All on one loop, so the count is plain.
class TcpStream::Core {
 public:
  Core(Loop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {}

  void start_read(std::span<char> into);
  void start_write_wait();
  /// Links deadline and cancellation to `operation` while `waiter` waits.
  void guard(Operation& operation, std::coroutine_handle<> waiter, Deadline deadline,
             CancelToken cancel);
  void close() noexcept;

  void watch(OnHangup run, void* self) noexcept;

  Loop& loop_;
  Socket socket_;
  std::span<char> into_;  // where the read in progress puts its bytes
  Operation read_, write_;

 private:
  friend struct TcpHandlers;
  static void on_deadline_of_read(void* self) {
    stop(self, &Core::read_, Operation::Stop::deadline);
  }
  static void on_deadline_of_write(void* self) {
    stop(self, &Core::write_, Operation::Stop::deadline);
  }
  static void on_cancel_of_read(void* self, CancelReason) {
    stop(self, &Core::read_, Operation::Stop::cancelled);
  }
  static void on_cancel_of_write(void* self, CancelReason) {
    stop(self, &Core::write_, Operation::Stop::cancelled);
  }
  static void stop(void* self, Operation Core::* which, Operation::Stop why) noexcept;
  static void finish(Operation& operation, boost::system::error_code error, std::size_t bytes);
  void read_ended(boost::system::error_code error, std::size_t bytes);
  void write_wait_ended(boost::system::error_code error);

  static void look_for_hangup(void* self);
  void wait_for_hangup();
  void hangup_seen(short events);
  void look_again_in(std::chrono::milliseconds delay);

  static constexpr std::chrono::milliseconds kFirstLook{32};
  static constexpr std::chrono::milliseconds kLooksApartMax{1'024};

  OnHangup on_hangup_ = nullptr;
  void* hangup_self_ = nullptr;
  TimerEntry hangup_timer_;
  std::chrono::milliseconds hangup_delay_{};
  bool hangup_wait_pending_ = false;
  bool half_close_told_ = false;
  std::uint64_t watch_number_ = 0, hangup_wait_of_ = 0;

  int references_ = 0;
  friend void intrusive_ptr_add_ref(Core* core) noexcept { ++core->references_; }
  friend void intrusive_ptr_release(Core* core) noexcept {
    if (--core->references_ == 0) delete core;
  }
};

}  // namespace plimsoll::net
