#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll {

enum class CancelReason : std::uint8_t {
  none,
  client_gone,
  deadline,
  overload,
  shutdown,
  superseded
};

std::string_view to_string(CancelReason reason) noexcept;

class CancelSource;

/// A callback that runs at most once, when its source is cancelled. Unlinks
/// itself when destroyed. Lives on the loop of its source. It must not resume a
/// coroutine or destroy the source there and then: it posts that to its loop.
class CancelCallback {
 public:
  using Run = void (*)(void* self, CancelReason reason);

  CancelCallback() = default;
  CancelCallback(const CancelCallback&) = delete;
  CancelCallback& operator=(const CancelCallback&) = delete;
  ~CancelCallback() { unlink(); }

  void unlink() noexcept;
  bool linked() const noexcept { return owner_ != nullptr; }

 private:
  friend class CancelSource;
  friend class CancelToken;
  CancelSource* owner_ = nullptr;
  CancelCallback* prev_ = nullptr;
  CancelCallback* next_ = nullptr;
  Run run_ = nullptr;
  void* self_ = nullptr;
};

/// A view of a source; the default one is never cancelled. Copyable, one
/// pointer; must not outlive its source.
class CancelToken {
 public:
  CancelToken() = default;
  explicit CancelToken(CancelSource* source) noexcept : source_(source) {}

  /// none while not cancelled.
  CancelReason reason() const noexcept;
  bool cancelled() const noexcept { return reason() != CancelReason::none; }

  /// Links `callback`; if already cancelled, runs it before returning.
  void subscribe(CancelCallback& callback, CancelCallback::Run run, void* self) const noexcept;

 private:
  CancelSource* source_ = nullptr;
};

/// Where a cancellation starts. A child is cancelled with its parent, not the
/// other way round. Not thread-safe: all on one loop. Must outlive its tokens;
/// callbacks still linked at its death are unlinked, not run.
class CancelSource {
 public:
  CancelSource() = default;
  explicit CancelSource(CancelToken parent);
  CancelSource(const CancelSource&) = delete;
  CancelSource& operator=(const CancelSource&) = delete;
  ~CancelSource();

  /// The first reason wins. Callbacks run inside this call, newest first.
  void cancel(CancelReason reason) noexcept;
  CancelReason reason() const noexcept { return reason_; }
  CancelToken token() noexcept { return CancelToken(this); }

 private:
  friend class CancelCallback;
  friend class CancelToken;
  CancelCallback* first_ = nullptr;
  CancelReason reason_ = CancelReason::none;
  CancelCallback from_parent_;
};

}  // namespace plimsoll
