#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "ports/answer_cache.h"
#include "store/embedded/frequency_sketch.h"

namespace plimsoll::store {

/// ports::AnswerCache in memory, bounded in bytes. New ones enter
/// a small window; what falls out of it gets into the main part only if it was asked
/// for more often than what would have to go (W-TinyLFU), so that a scan of requests
/// that never come again does not push out those that do. Thread-safe.
class MemoryAnswers final : public ports::AnswerCache {
 public:
  static constexpr std::size_t kBytesUsual = 256 * 1024 * 1024;
  explicit MemoryAnswers(std::size_t bytes_max = kBytesUsual);

  std::shared_ptr<const ports::KeptAnswer> find(const ports::CacheKey& key, WallTime now) override;
  void keep(const ports::CacheKey& key, ports::KeptAnswer answer) override;
  void drop(const ports::CacheKey& key) override;
  std::uint64_t purge(const ports::PurgeFilter& filter) override;
  ports::CacheCounts counts() const override;

 private:
  struct Entry {
    ports::CacheKey key;
    std::shared_ptr<const ports::KeptAnswer> answer;
    std::size_t bytes = 0;
    std::uint64_t hash = 0;
    bool in_window = true;
  };
  using Entries = std::list<Entry>;  // newest first
  struct Shard {
    explicit Shard(std::size_t bytes_max);
    void insert(Entry entry);
    void erase(Entries::iterator entry);
    void shrink();
    void settle_window();
    Entries& part(const Entry& entry) { return entry.in_window ? window : main; }

    mutable std::mutex mutex;
    std::size_t bytes_max;
    std::size_t window_bytes = 0, main_bytes = 0;
    Entries window, main;
    std::unordered_map<std::string_view, Entries::iterator> by_key;  // views of Entry::key.text
    FrequencySketch sketch;
    ports::CacheCounts counts;
  };
  static constexpr std::size_t kShards = 8;

  Shard& shard_of(std::uint64_t hash) { return *shards_[hash % kShards]; }

  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

/// About what `answer` takes up under `key`.
std::size_t bytes_of(const ports::CacheKey& key, const ports::KeptAnswer& answer) noexcept;

}  // namespace plimsoll::store
