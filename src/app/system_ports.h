#pragma once

#include "ports/random.h"
#include "ports/timers.h"

namespace plimsoll::app {

/// The real clocks, and waits on the loop of the calling thread.
class SystemTimers final : public ports::Timers {
 public:
  Deadline now() const noexcept override { return Clock::now(); }
  WallTime wall_now() const noexcept override { return std::chrono::system_clock::now(); }
  Task<Result<void>> sleep_until(Deadline when, CancelToken cancel) override;
};

/// Seeded once per thread from the system; not for secrets.
class SystemRandom final : public ports::Random {
 public:
  std::uint64_t next() noexcept override;
};

}  // namespace plimsoll::app
