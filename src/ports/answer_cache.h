#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/answer.h"

namespace plimsoll::ports {

/// What makes two requests the same: everything that could change the answer, or
/// who may see it, in one text. Two keys are equal when their texts are; a hash only
/// finds them.
struct CacheKey {
  std::string text;
};

/// An answer that passed every check, and where it came from.
struct KeptAnswer {
  Answer answer;
  std::string feature, model;  // for purging; the model as its provider calls it
  std::string key_id;          // whose request brought it; "" without keys
  WallTime kept_at{}, until{};
};

/// What to throw away: all that fits every text which is not "".
struct PurgeFilter {
  std::string feature, model, key_id;
};

struct CacheCounts {
  std::uint64_t entries = 0, bytes = 0;  // in memory
  std::uint64_t hits = 0, misses = 0, kept = 0, not_admitted = 0, evicted = 0;
};

/// Answers by what was asked. Whoever keeps one has checked it.
///
/// Thread-safe; each function but `purge` holds a lock for about a microsecond.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;

  /// The answer to exactly `key`, if one is kept and its time is not over.
  virtual std::shared_ptr<const KeptAnswer> find(const CacheKey& key, WallTime now) = 0;

  /// Keeps `answer`, unless what is there already is asked for more often, or it is
  /// too large.
  virtual void keep(const CacheKey& key, KeptAnswer answer) = 0;

  /// Throws one away, or many; returns how many there were.
  virtual void drop(const CacheKey& key) = 0;
  virtual std::uint64_t purge(const PurgeFilter& filter) = 0;

  virtual CacheCounts counts() const = 0;
};

}  // namespace plimsoll::ports
