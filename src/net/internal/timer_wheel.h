#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace plimsoll::net {

/// A coarse timeout. Lives in its owner (an operation, a connection); linking
/// and unlinking are O(1) and allocate nothing. Unlinks itself when destroyed.
class TimerEntry {
 public:
  using Run = void (*)(void* self);

  TimerEntry() = default;
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;
  ~TimerEntry() { unlink(); }

  void unlink() noexcept;
  bool linked() const noexcept { return next_ != nullptr; }

 private:
  friend class TimerWheel;
  TimerEntry* prev_ = nullptr;
  TimerEntry* next_ = nullptr;
  class TimerWheel* wheel_ = nullptr;
  std::uint64_t tick_ = 0;
  Run run_ = nullptr;
  void* self_ = nullptr;
};

/// Timeouts of one loop in slots of 16 ms. Pure: it is told the time and says
/// when it wants to be asked next. An entry runs at its deadline or up to one
/// tick later, never before. Not thread-safe.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{16};

  TimerWheel();
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// (Re)links `entry`, which then must stay where it is. Returns true when the
  /// wheel now wants to be advanced sooner than `wake_at` said before.
  bool arm(TimerEntry& entry, Deadline when, TimerEntry::Run run, void* self);

  /// Runs what is due at `now`. An entry is unlinked before it runs, and may
  /// arm or unlink any entry.
  void advance(Deadline now);

  /// When `advance` is wanted; kNoDeadline while nothing is linked.
  Deadline wake_at() noexcept;

  std::size_t size() const noexcept { return linked_; }

 private:
  friend class TimerEntry;
  static constexpr std::size_t kSlots = 512;

  static std::uint64_t tick_of(Deadline when) noexcept;
  void link(TimerEntry& slot, TimerEntry& entry) noexcept;
  void collect_due(TimerEntry& slot, std::uint64_t now, TimerEntry& due) noexcept;
  std::uint64_t next_visit() const noexcept;
  std::uint64_t visit_of(std::uint64_t tick) const noexcept;

  std::array<TimerEntry, kSlots> slots_;  // heads of circular lists
  std::uint64_t current_ = 0;             // every slot up to this tick was visited
  std::uint64_t promised_ = 0;            // the tick that wake_at told last; 0 = none
  std::size_t linked_ = 0;
};

}  // namespace plimsoll::net
