#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "ports/limits.h"

namespace plimsoll::store {

/// Limits in the memory of one process, by the generic cell rate algorithm: for
/// each name and rule the one instant at which it is full again.
///
/// Thread-safe. A call holds the lock of one shard of 256 for a look-up and a few
/// integers; a read, a decision and a write have to be one step, and names are
/// not known before. At most kStatesMax names are kept (about 100 bytes each): a
/// name that is full and idle is forgotten when its shard grows, and where that
/// does not help, new names of the shard share one state, so that inventing
/// names never lifts a limit.
class EmbeddedLimits final : public ports::Limits {
 public:
  static constexpr std::size_t kStatesMax = 1U << 20U;

  /// `seed` keeps clients from choosing names that collide.
  explicit EmbeddedLimits(std::uint64_t seed = 0);

  ports::LimitAnswer take(const ports::LimitAsk& ask, Deadline now) override;
  void finish(const ports::LimitClaim& claim, std::int64_t tokens, Deadline now) noexcept override;
  void give_back(const ports::LimitClaim& claim) noexcept override;

  /// Names that are kept.
  std::size_t size() const;

 private:
  struct State {
    Deadline requests_full{}, tokens_full{};
    std::int64_t running = 0;
    bool idle(Deadline now) const noexcept {
      return running == 0 && requests_full <= now && tokens_full <= now;
    }
  };
  struct HashOfHash {
    std::size_t operator()(const Hash128& hash) const noexcept { return hash.low; }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<Hash128, State, HashOfHash> states;
    std::size_t sweep_at = 64;  // doubles with what a sweep leaves
    Deadline sweep_after{};     // a full shard is not swept for every newcomer
  };
  static constexpr std::size_t kShards = 256;
  static constexpr std::size_t kShardMax = kStatesMax / kShards;

  Shard& shard_of(const Hash128& state) noexcept { return shards_[state.high % kShards]; }
  static State& open(Shard& shard, Hash128& name, Deadline now);

  const std::uint64_t seed_;
  std::array<Shard, kShards> shards_;
};

}  // namespace plimsoll::store
