#include "net/internal/tcp_core.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>

namespace plimsoll::net {

namespace asio = boost::asio;
using boost::system::error_code;

/// What Asio calls back. Each keeps the core alive and lends it its memory.
struct TcpHandlers {
  using CorePtr = boost::intrusive_ptr<TcpStream::Core>;

  struct ReadEnded {
    using allocator_type = OperationAllocator<void>;
    CorePtr core;
    allocator_type get_allocator() const noexcept { return allocator_type(core->read_.memory); }
    void operator()(error_code error, std::size_t bytes) const { core->read_ended(error, bytes); }
  };
  struct Writable {
    using allocator_type = OperationAllocator<void>;
    CorePtr core;
    allocator_type get_allocator() const noexcept { return allocator_type(core->write_.memory); }
    void operator()(error_code error) const { core->write_wait_ended(error); }
  };
  struct HangupWait {
    CorePtr core;
    void operator()(error_code error) const {
      core->hangup_wait_pending_ = false;
      if (core->hangup_wait_of_ == core->watch_number_ && !error) {
        TcpStream::Core::look_for_hangup(core.get());
      } else if (core->on_hangup_ != nullptr && core->socket_.is_open()) {
        core->look_again_in(TcpStream::Core::kFirstLook);  // meant for an earlier watch
      }
    }
  };
};

void TcpStream::Core::start_read(std::span<char> into) {
  into_ = into;
  read_.pending = true;
  read_.stop = Operation::Stop::none;
  socket_.async_read_some(asio::buffer(into.data(), into.size()),
                          TcpHandlers::ReadEnded{TcpHandlers::CorePtr(this)});
}

void TcpStream::Core::start_write_wait() {
  write_.pending = true;
  write_.stop = Operation::Stop::none;
  socket_.async_wait(Socket::wait_write, TcpHandlers::Writable{TcpHandlers::CorePtr(this)});
}

void TcpStream::Core::guard(Operation& operation, std::coroutine_handle<> waiter, Deadline deadline,
                            CancelToken cancel) {
  const bool reads = &operation == &read_;
  operation.waiter = waiter;
  if (deadline != kNoDeadline) {
    loop_.impl().arm(operation.timer, deadline,
                     reads ? &Core::on_deadline_of_read : &Core::on_deadline_of_write, this);
  }
  cancel.subscribe(operation.callback, reads ? &Core::on_cancel_of_read : &Core::on_cancel_of_write,
                   this);
}

/// Asio can only cancel everything on a socket: what was not meant starts again.
void TcpStream::Core::stop(void* self, Operation Core::* which, Operation::Stop why) noexcept {
  Core& core = *static_cast<Core*>(self);
  Operation& operation = core.*which;
  if (operation.stop == Operation::Stop::none) operation.stop = why;
  error_code ignored;
  core.socket_.cancel(ignored);
}

void TcpStream::Core::finish(Operation& operation, error_code error, std::size_t bytes) {
  operation.pending = false;
  operation.ended = true;
  operation.error = error;
  operation.bytes = bytes;
  operation.timer.unlink();
  operation.callback.unlink();
  if (operation.waiter) std::exchange(operation.waiter, {}).resume();
}

void TcpStream::Core::read_ended(error_code error, std::size_t bytes) {
  const bool not_meant = error == asio::error::operation_aborted &&
                         read_.stop == Operation::Stop::none && socket_.is_open();
  if (not_meant) return start_read(into_);
  finish(read_, error, bytes);
}

void TcpStream::Core::write_wait_ended(error_code error) {
  const bool not_meant = error == asio::error::operation_aborted &&
                         write_.stop == Operation::Stop::none && socket_.is_open();
  if (not_meant) return start_write_wait();
  finish(write_, error, 0);
}

void TcpStream::Core::close() noexcept {
  watch(nullptr, nullptr);
  error_code ignored;
  socket_.close(ignored);
}

// Watching for a hang-up must cost nothing on short exchanges. So it begins
// with an entry in the wheel; only an exchange that is still going on when that
// is due pays one epoll_ctl for a wait.
void TcpStream::Core::watch(OnHangup run, void* self) noexcept {
  on_hangup_ = run;
  hangup_self_ = self;
  half_close_told_ = false;
  hangup_delay_ = kFirstLook;
  ++watch_number_;
  hangup_timer_.unlink();
  if (run != nullptr) look_again_in(kFirstLook);
}

void TcpStream::Core::look_again_in(std::chrono::milliseconds delay) {
  loop_.impl().arm(hangup_timer_, Clock::now() + delay, &Core::look_for_hangup, this);
}

/// Called by the wheel and when the socket had something to say.
void TcpStream::Core::look_for_hangup(void* self) {
  Core& core = *static_cast<Core*>(self);
  if (core.on_hangup_ == nullptr || !core.socket_.is_open()) return;
  pollfd look{.fd = core.socket_.native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
  if (::poll(&look, 1, 0) < 0) look.revents = 0;
  core.hangup_seen(look.revents);
}

void TcpStream::Core::hangup_seen(short events) {
  if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    const OnHangup run = std::exchange(on_hangup_, nullptr);
    return run(hangup_self_, Hangup::closed);
  }
  if ((events & POLLRDHUP) != 0 && !half_close_told_) {
    half_close_told_ = true;
    hangup_delay_ = kFirstLook;
    on_hangup_(hangup_self_, Hangup::half_closed);
    if (on_hangup_ == nullptr || !socket_.is_open()) return;
  }
  // Nothing to read: the next thing that happens wakes us. Otherwise (unread
  // bytes, or a half-close) the socket stays readable, so we look now and then.
  if (events == 0 && !read_.pending) return wait_for_hangup();
  look_again_in(hangup_delay_);
  hangup_delay_ = std::min(hangup_delay_ * 2, kLooksApartMax);
}

void TcpStream::Core::wait_for_hangup() {
  hangup_wait_of_ = watch_number_;
  if (hangup_wait_pending_) return;  // from an earlier watch; nothing has come since
  hangup_wait_pending_ = true;
  socket_.async_wait(Socket::wait_read, TcpHandlers::HangupWait{TcpHandlers::CorePtr(this)});
}

}  // namespace plimsoll::net
