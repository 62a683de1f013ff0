#include "stages/internal/choice.h"

#include <algorithm>
#include <array>
#include <limits>

namespace plimsoll::stages {
namespace {

bool holds(CandidateSet set, std::size_t place) { return (set >> place & 1U) != 0; }

CandidateSet lowest_priority(std::span<const Candidate> all, CandidateSet among) {
  int lowest = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (holds(among, i)) lowest = std::min(lowest, all[i].priority);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].priority != lowest) among &= ~(CandidateSet{1} << i);
  return among;
}

/// A place of `among` with a chance in proportion to its weight.
std::size_t draw(std::span<const Candidate> all, CandidateSet among, ports::Random& random) {
  double sum = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (holds(among, i)) sum += all[i].weight;
  constexpr double kRange = 18'446'744'073'709'551'616.0;  // 2^64
  double at = static_cast<double>(random.next()) / kRange * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!holds(among, i)) continue;
    last = i;
    at -= all[i].weight;
    if (at < 0) return i;
  }
  return last;  // rounding
}

}  // namespace

std::size_t pick(std::span<const Candidate> all, CandidateSet among, ports::Random& random,
                 Deadline now) {
  among = lowest_priority(all, among);
  const std::size_t one = draw(all, among, random);
  const CandidateSet rest = among & ~(CandidateSet{1} << one);
  if (rest == 0) return one;
  const std::size_t other = draw(all, rest, random);
  const std::array loads{all[one].target->load(now), all[other].target->load(now)};
  const bool timed = loads[0].latency.count() > 0 && loads[1].latency.count() > 0;
  const auto cost = [timed](const Candidate& candidate, const ports::TargetLoad& load) {
    const double time = timed ? static_cast<double>(load.latency.count()) : 1;
    return (load.in_flight / candidate.weight + 1) * time;
  };
  constexpr double kClearly = 0.8;
  return cost(all[other], loads[1]) < kClearly * cost(all[one], loads[0]) ? other : one;
}

}  // namespace plimsoll::stages
