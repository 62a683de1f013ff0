#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

namespace plimsoll {

/// What a failed attempt means for the call.
enum class AfterFailure : std::uint8_t {
  again,          // the same target may do better, after a wait
  ask_again,      // the same target may do better, at once: the transport was fine
  next_rung,      // this target will not do better; another model may
  other_account,  // no model of this account will do better
  stop,           // no target will do better, or nobody waits any more
};

/// What a failed attempt says about the health of its target.
enum class BreakerCount : std::uint8_t {
  failure,  // the target did not do its work
  neutral,  // it says nothing about the target
  success,  // the target did its work; something else was wrong
};

std::string_view to_string(AfterFailure then) noexcept;
std::string_view to_string(BreakerCount count) noexcept;

/// One row of the table of failures.
struct FailureRule {
  ErrorKind kind;
  AfterFailure then;
  BreakerCount breaker;
  std::string_view why;  // one sentence for docs/reference/failures.md
};

/// The rule for `kind`. The whole policy of failures is this one table, from
/// which docs/reference/failures.md is written.
const FailureRule& rule_for(ErrorKind kind) noexcept;

/// All rules, in the order of the enum.
std::span<const FailureRule> failure_rules() noexcept;

}  // namespace plimsoll
