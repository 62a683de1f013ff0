#include "store/embedded/limits.h"

#include <algorithm>
#include <limits>

namespace plimsoll::store {
namespace {

using ports::LimitAnswer;
using ports::LimitClaim;
using std::chrono::nanoseconds;
__extension__ using Wide = __int128;

/// How long `units` take to come back, rounded up: no limit is ever exceeded by
/// rounding. Bounded to a day a period, so that sums never overflow.
nanoseconds time_of(const Rate& rate, std::int64_t units) noexcept {
  const Wide span = Wide{units} * rate.period.count();
  const Wide each = std::max<std::int64_t>(rate.count, 1);
  const Wide time = span >= 0 ? (span + each - 1) / each : -((-span) / each);
  constexpr Wide kMost = std::chrono::nanoseconds(std::chrono::years(1)).count();
  return nanoseconds(static_cast<std::int64_t>(std::clamp<Wide>(time, -kMost, kMost)));
}

/// What may come at once, as time.
nanoseconds room_of(const Rate& rate, std::chrono::milliseconds burst) noexcept {
  if (burst.count() <= 0) return rate.period;
  return std::max(std::min<nanoseconds>(burst, rate.period), time_of(rate, 1));
}

/// One rule of one name: a bucket that holds `room` and is full at `full`.
struct Bucket {
  Rate rate;
  nanoseconds room;
  Deadline full;  // never before now

  nanoseconds wait_for(std::int64_t units, Deadline now) const noexcept {
    return full + time_of(rate, units) - now - room;
  }
  bool never_fits(std::int64_t units) const noexcept { return time_of(rate, units) > room; }
  LimitLevel level(Deadline now) const noexcept {
    const nanoseconds left = std::max(room - (full - now), nanoseconds{0});
    return {.limit = rate.count,
            .remaining =
                static_cast<std::int64_t>(Wide{left.count()} * rate.count / rate.period.count()),
            .reset = full - now};
  }
};

/// The two buckets of one name for one ask.
struct Buckets {
  std::optional<Bucket> requests, tokens;

  /// What the client may see; after `take` with what was taken.
  LimitLevels levels(Deadline now) const noexcept {
    LimitLevels out;
    if (requests) out.requests = requests->level(now);
    if (tokens) out.tokens = tokens->level(now);
    return out;
  }
};

LimitAnswer refused(LimitAnswer::Verdict verdict, std::optional<nanoseconds> wait,
                    const Buckets& buckets, Deadline now) {
  return {.verdict = verdict, .retry_after = wait, .levels = buckets.levels(now), .claim = {}};
}

}  // namespace

EmbeddedLimits::EmbeddedLimits(std::uint64_t seed) : seed_(seed) {}

/// The state of `name`, or the one that newcomers of a full shard share.
EmbeddedLimits::State& EmbeddedLimits::open(Shard& shard, Hash128& name, Deadline now) {
  auto& states = shard.states;
  if (const auto found = states.find(name); found != states.end()) return found->second;
  if (states.size() >= shard.sweep_at && now >= shard.sweep_after) {
    shard.sweep_after = now + std::chrono::milliseconds(10);
    std::erase_if(states, [now](const auto& state) { return state.second.idle(now); });
    shard.sweep_at = std::clamp<std::size_t>(2 * states.size(), 64, kShardMax);
  }
  if (states.size() >= kShardMax) name = {.high = name.high % kShards, .low = 0};
  return states[name];
}

LimitAnswer EmbeddedLimits::take(const ports::LimitAsk& ask, Deadline now) {
  using enum LimitAnswer::Verdict;
  LimitAnswer answer;
  answer.claim = {.state = hash_of(ask.name, seed_),
                  .rules = ask.rules,
                  .tokens = std::max<std::int64_t>(ask.tokens, 0)};
  Shard& shard = shard_of(answer.claim.state);
  const std::lock_guard lock(shard.mutex);
  State& state = open(shard, answer.claim.state, now);
  Buckets buckets;
  if (const auto& rate = ask.rules.requests)
    buckets.requests = Bucket{*rate, room_of(*rate, ask.burst), std::max(state.requests_full, now)};
  if (const auto& rate = ask.rules.tokens)
    buckets.tokens = Bucket{*rate, room_of(*rate, ask.burst), std::max(state.tokens_full, now)};

  if (ask.rules.concurrent && state.running >= *ask.rules.concurrent)
    return refused(concurrent, std::nullopt, buckets, now);
  if (auto& bucket = buckets.requests) {
    const nanoseconds wait = bucket->wait_for(1, now);
    if (wait > nanoseconds{0}) return refused(requests, wait, buckets, now);
  }
  if (auto& bucket = buckets.tokens) {
    if (bucket->never_fits(answer.claim.tokens)) return refused(tokens, std::nullopt, buckets, now);
    const nanoseconds wait = bucket->wait_for(answer.claim.tokens, now);
    if (wait > nanoseconds{0}) return refused(tokens, wait, buckets, now);
  }
  ++state.running;
  if (auto& bucket = buckets.requests)
    state.requests_full = bucket->full += time_of(bucket->rate, 1);
  if (auto& bucket = buckets.tokens)
    state.tokens_full = bucket->full += time_of(bucket->rate, answer.claim.tokens);
  answer.levels = buckets.levels(now);
  return answer;
}

void EmbeddedLimits::finish(const LimitClaim& claim, std::int64_t tokens, Deadline now) noexcept {
  Shard& shard = shard_of(claim.state);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.states.find(claim.state);
  if (found == shard.states.end()) return;  // a running call keeps its state
  State& state = found->second;
  --state.running;
  if (!claim.rules.tokens || tokens == claim.tokens) return;
  const Deadline from =
      tokens > claim.tokens ? std::max(state.tokens_full, now) : state.tokens_full;
  state.tokens_full = from + time_of(*claim.rules.tokens, tokens - claim.tokens);
}

void EmbeddedLimits::give_back(const LimitClaim& claim) noexcept {
  Shard& shard = shard_of(claim.state);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.states.find(claim.state);
  if (found == shard.states.end()) return;
  State& state = found->second;
  --state.running;
  if (claim.rules.requests) state.requests_full -= time_of(*claim.rules.requests, 1);
  if (claim.rules.tokens) state.tokens_full -= time_of(*claim.rules.tokens, claim.tokens);
}

std::size_t EmbeddedLimits::size() const {
  std::size_t names = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    names += shard.states.size();
  }
  return names;
}

}  // namespace plimsoll::store
