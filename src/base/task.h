#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace plimsoll {

template <class T>
class Task;

/// Where coroutine frames come from: lists of free ones on each thread, by size,
/// so that a call's dozens of short-lived frames stay in the cache and cost no
/// look into the allocator. Keeps up to 64 frames of each size. Any thread may
/// free a frame. The sanitizers see every frame as an allocation of its own.
class FrameMemory {
 public:
  static void* take(std::size_t bytes);
  static void give(void* frame, std::size_t bytes) noexcept;
};

/// What every task promise shares: lazy start, symmetric transfer to the waiter.
struct TaskPromiseBase {
  static void* operator new(std::size_t bytes) { return FrameMemory::take(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    FrameMemory::give(frame, bytes);
  }

  std::coroutine_handle<> waiter = std::noop_coroutine();
  std::exception_ptr failure;

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      return done.promise().waiter;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }

  /// Ours throw none; what a library or a failed allocation throws travels up to
  /// the catch-all at ingress, and fails one call instead of the process.
  void rethrow_failure() const {
    if (failure) std::rethrow_exception(failure);
  }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
};

/// A coroutine that yields one T. Lazy, one owner, awaited at most once, and the
/// awaiter outlives it, so parameters of an awaited task may be references.
/// Destroying a task destroys its frame. Not thread-safe. An exception that
/// leaves the body is thrown again where the task is awaited.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) const noexcept {
        handle.promise().waiter = waiter;
        return handle;
      }
      T await_resume() const {
        handle.promise().rethrow_failure();
        if constexpr (!std::is_void_v<T>) return std::move(*handle.promise().value);
      }
    };
    return Awaiter{handle_};
  }

  /// Runs a task that never really waits, and returns its result. For tests and
  /// for code that has proved there is nothing to wait for; stops the program
  /// if the task is still suspended.
  T run_ready() && {
    handle_.resume();
    if (!handle_.done()) std::terminate();
    handle_.promise().rethrow_failure();
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

 private:
  Handle handle_;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(Task<T>::Handle::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(Task<void>::Handle::from_promise(*this));
}

}  // namespace plimsoll
