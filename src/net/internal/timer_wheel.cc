#include "net/internal/timer_wheel.h"

#include <algorithm>
#include <limits>

namespace plimsoll::net {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void TimerEntry::unlink() noexcept {
  if (next_ == nullptr) return;
  prev_->next_ = next_;
  next_->prev_ = prev_;
  prev_ = next_ = nullptr;
  if (wheel_ != nullptr) --wheel_->linked_;
  wheel_ = nullptr;
}

TimerWheel::TimerWheel() {
  for (TimerEntry& slot : slots_) slot.prev_ = slot.next_ = &slot;
}

TimerWheel::~TimerWheel() {
  for (TimerEntry& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->unlink();
    slot.prev_ = slot.next_ = nullptr;
  }
}

std::uint64_t TimerWheel::tick_of(Deadline when) noexcept {
  constexpr auto tick = std::chrono::nanoseconds(kTick).count();
  const auto since = std::max<std::int64_t>(when.time_since_epoch().count(), 0);
  return static_cast<std::uint64_t>(since / tick + (since % tick != 0 ? 1 : 0));
}

void TimerWheel::link(TimerEntry& slot, TimerEntry& entry) noexcept {
  entry.prev_ = slot.prev_;
  entry.next_ = &slot;
  slot.prev_->next_ = &entry;
  slot.prev_ = &entry;
  entry.wheel_ = this;
  ++linked_;
}

bool TimerWheel::arm(TimerEntry& entry, Deadline when, TimerEntry::Run run, void* self) {
  entry.unlink();
  entry.run_ = run;
  entry.self_ = self;
  // Nobody advances an empty wheel, so its idea of the time may be old.
  if (linked_ == 0 && promised_ == 0) {
    current_ = std::max(current_, tick_of(Clock::now() - kTick));
  }
  entry.tick_ = std::max(tick_of(when), current_ + 1);
  link(slots_[entry.tick_ % kSlots], entry);
  return promised_ == 0 || visit_of(entry.tick_) < promised_;
}

/// A far entry shares its slot with nearer times and is looked at on each round.
std::uint64_t TimerWheel::visit_of(std::uint64_t tick) const noexcept {
  const std::uint64_t ahead = tick - current_;
  return ahead <= kSlots ? tick : current_ + 1 + (ahead - 1) % kSlots;
}

std::uint64_t TimerWheel::next_visit() const noexcept {
  if (linked_ == 0) return kNever;
  std::uint64_t tick = current_ + 1;
  while (slots_[tick % kSlots].next_ == &slots_[tick % kSlots]) ++tick;
  return tick;
}

Deadline TimerWheel::wake_at() noexcept {
  const std::uint64_t tick = next_visit();
  promised_ = tick == kNever ? 0 : tick;
  if (tick == kNever) return kNoDeadline;
  return Deadline(kTick * static_cast<std::int64_t>(tick));
}

void TimerWheel::collect_due(TimerEntry& slot, std::uint64_t now, TimerEntry& due) noexcept {
  for (TimerEntry* at = slot.next_; at != &slot;) {
    TimerEntry& entry = *at;
    at = at->next_;
    if (entry.tick_ > now) continue;
    entry.unlink();
    link(due, entry);
  }
}

void TimerWheel::advance(Deadline now) {
  // Rounds down: a tick is over only when its whole time has passed.
  constexpr auto tick = std::chrono::nanoseconds(kTick).count();
  const auto over = static_cast<std::uint64_t>(now.time_since_epoch().count() / tick);
  if (over <= current_) return;
  const std::uint64_t rounds = std::min<std::uint64_t>(over - current_, kSlots);
  TimerEntry due;
  due.prev_ = due.next_ = &due;
  for (std::uint64_t i = 0; i < rounds; ++i) collect_due(slots_[(over - i) % kSlots], over, due);
  current_ = over;
  while (due.next_ != &due) {
    TimerEntry& entry = *due.next_;
    entry.unlink();
    entry.run_(entry.self_);
  }
  due.prev_ = due.next_ = nullptr;
}

}  // namespace plimsoll::net
