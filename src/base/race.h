#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <utility>

#include "base/task.h"

namespace plimsoll {

/// Runs several tasks at the same time on one loop and hands their results over
/// in the order in which they end. Every task that was started must have been
/// taken with `next` when the race dies: a task is stopped by what it waits for
/// (a CancelToken), not by its race. Not thread-safe.
template <class T>
class Race {
 public:
  Race() = default;
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;
  ~Race() {
    if (running_ + results_.size() != 0) std::terminate();  // would use what dies here
  }

  /// Runs `task` here until its first wait.
  void start(Task<T> task) {
    ++running_;
    run(*this, std::move(task));
  }

  /// Tasks whose results have not been taken.
  std::size_t left() const noexcept { return running_ + results_.size(); }

  /// The result of the next task that ends; only while `left() > 0`. One waiter
  /// at a time. What a task throws is thrown here.
  auto next() noexcept {
    struct Awaiter {
      Race& race;
      bool await_ready() const noexcept { return !race.results_.empty(); }
      void await_suspend(std::coroutine_handle<> waiter) const noexcept { race.waiter_ = waiter; }
      T await_resume() const {
        Result result = std::move(race.results_.front());
        race.results_.pop_front();
        if (result.failure) std::rethrow_exception(result.failure);
        return std::move(*result.value);
      }
    };
    return Awaiter{*this};
  }

 private:
  struct Result {
    std::optional<T> value;
    std::exception_ptr failure;
  };

  /// Frees its frame before it goes on with whoever waits, who may end the race.
  struct Runner {
    struct promise_type {
      Race& race;
      promise_type(Race& owner, Task<T>&) : race(owner) {}
      Runner get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      auto final_suspend() const noexcept {
        struct Final {
          bool await_ready() const noexcept { return false; }
          std::coroutine_handle<> await_suspend(
              std::coroutine_handle<promise_type> done) const noexcept {
            Race& owner = done.promise().race;
            done.destroy();
            return owner.ended();
          }
          void await_resume() const noexcept {}
        };
        return Final{};
      }
      void return_void() const noexcept {}
      [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
  };

  static Runner run(Race& race, Task<T> task) {
    Result result;
    try {
      result.value.emplace(co_await std::move(task));
    } catch (...) {
      result.failure = std::current_exception();
    }
    race.results_.push_back(std::move(result));
  }

  std::coroutine_handle<> ended() noexcept {
    --running_;
    if (waiter_) return std::exchange(waiter_, {});
    return std::noop_coroutine();
  }

  std::size_t running_ = 0;
  std::deque<Result> results_;
  std::coroutine_handle<> waiter_;
};

}  // namespace plimsoll
