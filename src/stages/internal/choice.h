#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "model/plan.h"
#include "ports/random.h"
#include "ports/target_health.h"

namespace plimsoll::stages {

/// One of the places at which a rung can be asked: all of them are as good an
/// answer, so that load decides.
struct Candidate {
  const ModelEntry* model = nullptr;
  std::shared_ptr<ports::TargetState> target;
  double weight = 1;  // > 0
  int priority = 0;   // a higher number is asked only when no lower one can be
};

/// Which candidates of a rung; bit i is candidate i.
using CandidateSet = std::uint64_t;
inline constexpr std::size_t kCandidatesMax = 64;

/// Picks one of `among` (not empty), which index into `all`: of those with the
/// lowest priority two at random by weight, and of these the first, unless the other
/// is clearly better off: (attempts in flight / weight + 1) x time to first content
/// is less by a fifth. So idle equals share by weight, and load and speed decide
/// where they differ. Where the speed of one of the two is not known, speed does
/// not count.
///
/// Source: M. Mitzenmacher, The Power of Two Choices in Randomized Load
/// Balancing, IEEE TPDS 12(10), 2001.
std::size_t pick(std::span<const Candidate> all, CandidateSet among, ports::Random& random,
                 Deadline now);

}  // namespace plimsoll::stages
