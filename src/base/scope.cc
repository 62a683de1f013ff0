#include "base/scope.h"

#include <exception>

namespace plimsoll {
namespace {

/// Fire-and-forget shell around a Task: owns itself, frees itself at the end.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace

Scope::~Scope() {
  if (running_ != 0) std::terminate();  // a task would use what dies with its owner
}

void Scope::adopt(Task<void> task) {
  ++running_;
  // Parameters are copied into the frame, so this lambda needs no captures.
  [](Scope& scope, Task<void> body) -> Detached {
    co_await std::move(body);
    scope.ended();
  }(*this, std::move(task));
}

void Scope::ended() noexcept {
  if (--running_ == 0 && waiter_) std::exchange(waiter_, {}).resume();
}

}  // namespace plimsoll
