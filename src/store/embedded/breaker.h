#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "model/plan.h"
#include "ports/target_health.h"

namespace plimsoll::store {

/// The circuit breaker of one target, as a plain state machine: closed, open for
/// a rest, half open with one probe at a time, closed again. Rests double while
/// probes fail. What began in an earlier term of its states is not counted, so a
/// late success from before a trip closes nothing. Not thread-safe.
class Breaker {
 public:
  using State = ports::TargetView::Breaker;
  using Admission = ports::Admission;

  /// go, probe or resting. `rules` may change between any two calls.
  Admission ask(const BreakerRules& rules, Deadline now) noexcept;

  /// The first content of `admission` has come: closes after a probe.
  void answered(Admission& admission, Deadline now) noexcept;

  /// `random` spreads the end of a rest that begins here.
  void ended(const BreakerRules& rules, const Admission& admission, BreakerCount count,
             ErrorKind why, Deadline now, std::uint64_t random) noexcept;

  State state() const noexcept { return state_; }
  std::uint64_t trips() const noexcept { return trips_; }

 private:
  static constexpr std::size_t kSlices = 10;  // of the window
  struct Slice {
    std::int64_t number = -1;  // since the clock's start
    int ended = 0, failed = 0;
  };

  Slice& slice_at(const BreakerRules& rules, Deadline now) noexcept;
  bool must_trip(const BreakerRules& rules, Deadline now) noexcept;
  void count(const BreakerRules& rules, BreakerCount count, Deadline now) noexcept;
  void trip(const BreakerRules& rules, ErrorKind why, Deadline now, std::uint64_t random) noexcept;
  void close(Deadline now) noexcept;

  State state_ = State::closed;
  std::uint64_t term_ = 0, trips_ = 0;
  std::array<Slice, kSlices> slices_{};
  int failures_in_a_row_ = 0;
  int rests_in_a_row_ = 0;
  bool probing_ = false;
  Deadline open_until_{}, closed_at_{};
  ErrorKind why_ = ErrorKind::upstream_server_error;
};

}  // namespace plimsoll::store
