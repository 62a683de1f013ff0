#pragma once

#include <cstdint>

#include "base/time.h"
#include "model/plan.h"
#include "ports/target_health.h"

namespace plimsoll::stages {

/// Full jitter: a uniform draw from [0, min(max, base * 2^retry)]. `retry`
/// counts from 0. Source: AWS Architecture Blog, "Exponential Backoff And
/// Jitter".
milliseconds backoff(const RetryRules& rules, int retry, std::uint64_t random) noexcept;

/// When to ask a cooling target again: at the end of the wait, plus up to a
/// quarter of it (at most a second), so that those who wait do not all return in
/// one instant.
Deadline release(Deadline now, Deadline until, std::uint64_t random) noexcept;

/// What a call that meets a cooling target knows.
struct Patience {
  Deadline now{}, deadline{};
  bool another_rung = false;
  RetryRules rules;
};

/// Whether the wait fits: it ends before the deadline, is not longer than the
/// rules allow, and, where another rung is left, is short and not the second in
/// a row that the target asks for.
bool worth_waiting(const ports::Admission& admission, const Patience& patience) noexcept;

/// True when the target works, and named a wait or asks for one.
bool is_paced(const Error& error) noexcept;

/// True when nothing came from an address that was asked.
bool is_silence(ErrorKind kind) noexcept;

/// True for what an upstream or its model decided about the request: asking anybody
/// else would go around it.
bool is_final(ErrorKind kind) noexcept;

/// True for what was refused before anything was sent.
bool is_our_refusal(ErrorKind kind) noexcept;

}  // namespace plimsoll::stages
