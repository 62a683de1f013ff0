#include "store/embedded/breaker.h"

#include <algorithm>

namespace plimsoll::store {
namespace {

using std::chrono::nanoseconds;

/// Whoever meets a probe in progress asks again after this.
constexpr milliseconds kProbePatience{1'000};

/// The rest number `n` (from 0), shortened by up to a fifth at random so that
/// the targets of one outage do not come back in one instant.
nanoseconds rest_of(const BreakerRules& rules, int n, std::uint64_t random) noexcept {
  constexpr int kMostDoublings = 20;
  constexpr std::uint64_t kSteps = 1'000;
  const std::int64_t most = nanoseconds(rules.rest_max).count();
  const std::int64_t doubled = nanoseconds(rules.rest).count()
                               << static_cast<unsigned>(std::min(n, kMostDoublings));
  const std::int64_t rest = std::min(most, doubled);
  return nanoseconds(rest - rest / 5 * static_cast<std::int64_t>(random % kSteps) /
                                static_cast<std::int64_t>(kSteps));
}

}  // namespace

Breaker::Admission Breaker::ask(const BreakerRules& rules, Deadline now) noexcept {
  if (!rules.on || state_ == State::closed) return {.term = term_};
  if (state_ == State::open && now < open_until_)
    return {.answer = Admission::Answer::resting, .until = open_until_, .why = why_};
  if (state_ == State::open) {
    state_ = State::half_open;
    ++term_;
  }
  if (probing_)
    return {.answer = Admission::Answer::resting, .until = now + kProbePatience, .why = why_};
  probing_ = true;
  return {.answer = Admission::Answer::probe, .term = term_};
}

void Breaker::answered(Admission& admission, Deadline now) noexcept {
  const bool our_probe = admission.answer == Admission::Answer::probe && admission.term == term_;
  if (!our_probe) return;
  close(now);
  admission.answer = Admission::Answer::go;
  admission.term = term_;
}

void Breaker::ended(const BreakerRules& rules, const Admission& admission, BreakerCount outcome,
                    ErrorKind why, Deadline now, std::uint64_t random) noexcept {
  if (admission.term != term_) return;
  if (admission.answer == Admission::Answer::probe) {
    probing_ = false;
    if (outcome == BreakerCount::success) close(now);
    if (outcome == BreakerCount::failure) trip(rules, why, now, random);
    return;
  }
  if (state_ != State::closed || outcome == BreakerCount::neutral) return;
  count(rules, outcome, now);
  if (rules.on && outcome == BreakerCount::failure && must_trip(rules, now))
    trip(rules, why, now, random);
}

Breaker::Slice& Breaker::slice_at(const BreakerRules& rules, Deadline now) noexcept {
  const std::int64_t width =
      std::max<std::int64_t>(1, nanoseconds(rules.window).count() / std::int64_t{kSlices});
  const std::int64_t number = now.time_since_epoch().count() / width;
  Slice& slice = slices_[static_cast<std::size_t>(number) % kSlices];
  if (slice.number != number) slice = {.number = number};
  return slice;
}

void Breaker::count(const BreakerRules& rules, BreakerCount outcome, Deadline now) noexcept {
  Slice& slice = slice_at(rules, now);
  ++slice.ended;
  if (outcome == BreakerCount::failure) {
    ++slice.failed;
    ++failures_in_a_row_;
  } else {
    failures_in_a_row_ = 0;
  }
}

bool Breaker::must_trip(const BreakerRules& rules, Deadline now) noexcept {
  if (failures_in_a_row_ >= rules.failures) return true;
  const std::int64_t newest = slice_at(rules, now).number;
  int ended = 0, failed = 0;
  for (const Slice& slice : slices_) {
    if (slice.number < 0 || slice.number + std::int64_t{kSlices} <= newest) continue;
    ended += slice.ended;
    failed += slice.failed;
  }
  return ended >= rules.requests && failed >= rules.error_ratio * ended;
}

void Breaker::trip(const BreakerRules& rules, ErrorKind why, Deadline now,
                   std::uint64_t random) noexcept {
  const bool long_healthy = state_ == State::closed && now - closed_at_ > rules.window;
  if (long_healthy) rests_in_a_row_ = 0;
  open_until_ = now + rest_of(rules, rests_in_a_row_, random);
  ++rests_in_a_row_;
  ++trips_;
  ++term_;
  state_ = State::open;
  probing_ = false;
  why_ = why;
}

void Breaker::close(Deadline now) noexcept {
  state_ = State::closed;
  ++term_;
  probing_ = false;
  slices_ = {};
  failures_in_a_row_ = 0;
  closed_at_ = now;
}

}  // namespace plimsoll::store
