#include "providers/pace.h"

#include <algorithm>

namespace plimsoll::providers {

void Pace::add(std::size_t chars, Deadline now) noexcept {
  if (rate_ == 0) return;
  const Deadline full = now + slack_;
  if (due_ == kNoDeadline) {
    due_ = full;
    return;
  }
  // A long text fills the bucket; more would overflow the sum below.
  constexpr std::size_t kEnough = 1'000'000'000;
  const auto bought = std::chrono::nanoseconds{std::chrono::seconds{1}} *
                      static_cast<std::int64_t>(std::min(chars, kEnough)) / rate_;
  due_ = sooner(due_ + bought, full);
}

std::size_t content_bytes(const Event& event) noexcept {
  std::size_t bytes = 0;
  for (const Delta& delta : event.deltas) bytes += delta.text.size();
  return bytes > 0 ? bytes : event.raw.size();
}

}  // namespace plimsoll::providers
