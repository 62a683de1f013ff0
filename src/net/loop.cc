#include "net/loop.h"

#include <coroutine>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "net/internal/loop_impl.h"

namespace plimsoll::net {
namespace {

thread_local Loop* current_loop = nullptr;

}  // namespace

Loop::Loop(std::size_t index) : index_(index), impl_(std::make_unique<Impl>()) {}

Loop::~Loop() = default;

Loop* Loop::current_or_null() noexcept { return current_loop; }

Loop& Loop::current() noexcept {
  if (current_loop == nullptr) std::terminate();
  return *current_loop;
}

void Loop::run() {
  Loop* const before = std::exchange(current_loop, this);
  impl_->run();
  current_loop = before;
}

void Loop::stop() { impl_->stop(); }

void Loop::post(std::function<void()> work) {
  if (current_loop == this) return impl_->post_here(std::move(work));
  impl_->post(std::move(work));
}

std::chrono::nanoseconds Loop::lag() const noexcept { return impl_->lag; }

namespace {

Result<void> slept(CancelReason reason) {
  if (reason == CancelReason::none) return {};
  return fail(ErrorKind::cancelled, "the wait was cancelled: " + std::string(to_string(reason)));
}

/// A wait for the wheel. Whoever comes first, timer or cancellation, unlinks
/// the other; a cancellation resumes through the loop's queue.
struct CoarseSleep {
  Loop& loop;
  Deadline when;
  CancelToken token;
  TimerEntry timer{};
  CancelCallback callback{};
  CancelReason reason = CancelReason::none;
  std::coroutine_handle<> waiter{};

  bool await_ready() noexcept {
    reason = token.reason();
    return reason != CancelReason::none || when <= Clock::now();
  }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter = handle;
    if (when != kNoDeadline) loop.impl().arm(timer, when, &CoarseSleep::due, this);
    token.subscribe(callback, &CoarseSleep::cancelled, this);
  }
  Result<void> await_resume() const { return slept(reason); }

  static void due(void* self) {
    auto& sleep = *static_cast<CoarseSleep*>(self);
    sleep.callback.unlink();
    sleep.waiter.resume();
  }
  static void cancelled(void* self, CancelReason why) {
    auto& sleep = *static_cast<CoarseSleep*>(self);
    sleep.timer.unlink();
    sleep.reason = why;
    sleep.loop.impl().resume_soon(sleep.waiter);
  }
};

/// The same by the kernel's timer.
struct ExactSleep {
  Loop& loop;
  Deadline when;
  CancelToken token;
  Loop::Impl::ExactTimers::iterator timer{};
  CancelCallback callback{};
  CancelReason reason = CancelReason::none;
  std::coroutine_handle<> waiter{};

  bool await_ready() noexcept {
    reason = token.reason();
    return reason != CancelReason::none || when <= Clock::now();
  }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter = handle;
    timer = loop.impl().arm_exact(when, {.run = &ExactSleep::due, .self = this});
    token.subscribe(callback, &ExactSleep::cancelled, this);
  }
  Result<void> await_resume() const { return slept(reason); }

  static void due(void* self) {
    auto& sleep = *static_cast<ExactSleep*>(self);
    sleep.callback.unlink();
    sleep.waiter.resume();
  }
  static void cancelled(void* self, CancelReason why) {
    auto& sleep = *static_cast<ExactSleep*>(self);
    sleep.loop.impl().disarm_exact(sleep.timer);
    sleep.reason = why;
    sleep.loop.impl().resume_soon(sleep.waiter);
  }
};

}  // namespace

Task<Result<void>> Loop::sleep_until(Deadline when, CancelToken cancel) {
  CoarseSleep sleep{.loop = *this, .when = when, .token = cancel};
  co_return co_await sleep;
}

Task<Result<void>> Loop::sleep_until_exact(Deadline when, CancelToken cancel) {
  ExactSleep sleep{.loop = *this, .when = when, .token = cancel};
  co_return co_await sleep;
}

struct LoopGroup::Threads {
  std::vector<std::thread> running;
};

LoopGroup::LoopGroup(std::size_t count) : threads_(std::make_unique<Threads>()) {
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(i));
}

LoopGroup::~LoopGroup() { stop(); }

void LoopGroup::start() {
  for (auto& loop : loops_) {
    threads_->running.emplace_back([&target = *loop] { target.run(); });
  }
}

void LoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_->running) thread.join();
  threads_->running.clear();
}

namespace {

using Work = std::function<Task<void>(Loop&)>;

/// Owns itself; tells `done` last.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Detached run_and_tell(Loop& loop, const Work& work, std::shared_ptr<std::promise<void>> done) {
  co_await work(loop);
  done->set_value();
}

}  // namespace

void LoopGroup::run_on(std::size_t index, Work work) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  Loop& loop = at(index);
  loop.post([&loop, &work, done] { run_and_tell(loop, work, done); });
  ended.wait();
}

}  // namespace plimsoll::net
