#pragma once

#include <coroutine>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/cancel.h"
#include "base/task.h"

namespace plimsoll {

/// Marks a reference whose owner is known to outlive the scope. The name is the
/// promise; reviewers grep for it.
template <class T>
struct Outlives {
  T& object;
};

template <class T>
struct IsOutlives : std::false_type {};
template <class T>
struct IsOutlives<Outlives<T>> : std::true_type {};

/// True for types that only point at somebody else's data.
template <class T>
inline constexpr bool borrows =
    !IsOutlives<T>::value && (std::is_pointer_v<T> || std::is_same_v<T, std::string_view>);

/// Owns background tasks of one loop. Must be drained (or empty) when it dies.
/// Not thread-safe: spawn and drain on the same loop.
class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  /// Starts `start(args...)`, a Task<void>, at once; it runs here until its
  /// first wait. `start` must capture nothing: a coroutine lambda's captures
  /// live in the lambda object, which is gone at the first suspension. Pass
  /// state as values.
  template <class F, class... Args>
  void spawn(F start, Args... args) {
    static_assert(std::is_empty_v<F> || std::is_pointer_v<F>,
                  "spawn: captures die at the first co_await; pass them as arguments");
    static_assert(!(borrows<Args> || ...),
                  "spawn: argument borrows memory; pass an owner or plimsoll::Outlives");
    adopt(start(std::move(args)...));
  }

  /// Waits until every task has ended. One waiter at a time.
  auto drain() noexcept {
    struct Awaiter {
      Scope& scope;
      bool await_ready() const noexcept { return scope.running_ == 0; }
      void await_suspend(std::coroutine_handle<> waiter) const noexcept { scope.waiter_ = waiter; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

  std::size_t running() const noexcept { return running_; }

 private:
  void adopt(Task<void> task);
  void ended() noexcept;

  std::size_t running_ = 0;
  std::coroutine_handle<> waiter_;
};

}  // namespace plimsoll
