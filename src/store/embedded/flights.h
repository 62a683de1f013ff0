#pragma once

#include <array>
#include <mutex>
#include <unordered_map>

#include "ports/flights.h"

namespace plimsoll::store {

/// ports::Flights of one process.
class EmbeddedFlights final : public ports::Flights {
 public:
  [[nodiscard]] ports::Boarding board(const std::string& key) override;
  std::size_t under_way() const;

 private:
  class Running;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Running>> running;
  };
  static constexpr std::size_t kShards = 16;

  std::shared_ptr<std::array<Shard, kShards>> shards_ =
      std::make_shared<std::array<Shard, kShards>>();
};

}  // namespace plimsoll::store
