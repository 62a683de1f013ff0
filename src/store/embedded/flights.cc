#include "store/embedded/flights.h"

#include <functional>

namespace plimsoll::store {

class EmbeddedFlights::Running final : public ports::Flight {
 public:
  Running(std::shared_ptr<std::array<Shard, kShards>> shards, Shard& shard, std::string key)
      : shards_(std::move(shards)), shard_(shard), key_(std::move(key)) {}

  State state() const noexcept override {
    const std::lock_guard lock(shard_.mutex);
    return state_;
  }
  std::shared_ptr<const Answer> answer() const noexcept override {
    const std::lock_guard lock(shard_.mutex);
    return answer_;
  }

 private:
  /// Whoever boards from now on begins a flight of its own.
  void end(State state, std::shared_ptr<const Answer> answer) noexcept override {
    std::shared_ptr<Running> self;  // dies outside of the lock
    const std::lock_guard lock(shard_.mutex);
    state_ = state;
    answer_ = std::move(answer);
    if (const auto found = shard_.running.find(key_); found != shard_.running.end()) {
      self = std::move(found->second);
      shard_.running.erase(found);
    }
  }

  const std::shared_ptr<std::array<Shard, kShards>> shards_;  // keeps `shard_` alive
  Shard& shard_;
  const std::string key_;
  State state_ = State::under_way;
  std::shared_ptr<const Answer> answer_;
};

ports::Boarding EmbeddedFlights::board(const std::string& key) {
  Shard& shard = (*shards_)[std::hash<std::string>{}(key) % kShards];
  const std::lock_guard lock(shard.mutex);
  auto& running = shard.running[key];
  if (running != nullptr) return {.lead = {}, .flight = running};
  running = std::make_shared<Running>(shards_, shard, key);
  return {.lead = ports::Lead(running), .flight = nullptr};
}

std::size_t EmbeddedFlights::under_way() const {
  std::size_t count = 0;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.running.size();
  }
  return count;
}

}  // namespace plimsoll::store
