#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/time.h"
#include "model/limits.h"

namespace plimsoll::ports {

/// One call that wants to be counted on what `name` has left.
struct LimitAsk {
  std::string_view name;
  const LimitRules& rules;
  std::chrono::milliseconds burst{0};  // as LimitSet::burst
  std::int64_t tokens = 0;             // set aside; corrected by `finish`
};

/// A call that was counted. Ends once: by `finish` or by `give_back`.
struct LimitClaim {
  Hash128 state;
  LimitRules rules;
  std::int64_t tokens = 0;
};

struct LimitAnswer {
  enum class Verdict : std::uint8_t { allowed, requests, tokens, concurrent };
  Verdict verdict = Verdict::allowed;  // else: which rule refused
  /// Until the same ask would be allowed, if nothing else comes. Absent: nobody
  /// knows (concurrent), or it never will be, because it is more than fits at once.
  std::optional<std::chrono::nanoseconds> retry_after;
  LimitLevels levels;
  LimitClaim claim;  // when allowed
};

/// Counts calls against limits that have names. Outlives a plan, so that a reload
/// forgives nothing. Thread-safe; never waits.
class Limits {
 public:
  virtual ~Limits() = default;

  /// Counts one call, at `now`. Nothing is counted when a rule refuses.
  virtual LimitAnswer take(const LimitAsk& ask, Deadline now) = 0;

  /// The call has ended and has used `tokens` in all.
  virtual void finish(const LimitClaim& claim, std::int64_t tokens, Deadline now) noexcept = 0;

  /// The call was refused by something else: as if it had never been counted.
  virtual void give_back(const LimitClaim& claim) noexcept = 0;
};

}  // namespace plimsoll::ports
