#pragma once

#include <chrono>

namespace plimsoll {

using Clock = std::chrono::steady_clock;

/// A point on the monotonic clock after which nobody wants the result.
using Deadline = Clock::time_point;

inline constexpr Deadline kNoDeadline = Deadline::max();

/// Nanoseconds since the Unix epoch, UTC. For records; never for waiting.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The sooner of two: a deadline only shrinks on its way down.
inline Deadline sooner(Deadline a, Deadline b) { return a < b ? a : b; }

}  // namespace plimsoll
