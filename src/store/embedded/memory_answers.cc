#include "store/embedded/memory_answers.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace plimsoll::store {
namespace {

constexpr std::size_t kEntryOverhead = 512;
constexpr std::size_t kWindowShare = 20;  // one part in so many is the window
constexpr std::size_t kUsualBytes = 4 * 1024;

std::uint64_t hash_of(const ports::CacheKey& key) noexcept {
  return std::hash<std::string_view>{}(key.text);
}

bool fits(const ports::KeptAnswer& answer, const ports::PurgeFilter& filter) {
  const auto is = [](const std::string& wanted, const std::string& found) {
    return wanted.empty() || wanted == found;
  };
  return is(filter.feature, answer.feature) && is(filter.model, answer.model) &&
         is(filter.key_id, answer.key_id);
}

}  // namespace

std::size_t bytes_of(const ports::CacheKey& key, const ports::KeptAnswer& answer) noexcept {
  std::size_t bytes = kEntryOverhead + key.text.size();
  for (const Choice& choice : answer.answer.choices) {
    bytes += sizeof(Choice) + choice.text.size() + choice.refusal.size();
    for (const Thought& thought : choice.thoughts)
      bytes += sizeof(Thought) + thought.text.size() + thought.signature.size() +
               thought.redacted.size();
    for (const ToolCall& call : choice.tool_calls)
      bytes += sizeof(ToolCall) + call.id.size() + call.name.size() + call.arguments.size();
  }
  return bytes;
}

MemoryAnswers::Shard::Shard(std::size_t most)
    : bytes_max(most), sketch(std::max<std::size_t>(most / kUsualBytes, 64)) {}

MemoryAnswers::MemoryAnswers(std::size_t bytes_max) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(bytes_max / kShards);
}

std::shared_ptr<const ports::KeptAnswer> MemoryAnswers::find(const ports::CacheKey& key,
                                                             WallTime now) {
  const std::uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  shard.sketch.add(hash);
  const auto found = shard.by_key.find(key.text);
  if (found != shard.by_key.end() && now >= found->second->answer->until) {
    shard.erase(found->second);
  } else if (found != shard.by_key.end()) {
    Entries& part = shard.part(*found->second);
    part.splice(part.begin(), part, found->second);
    ++shard.counts.hits;
    return found->second->answer;
  }
  ++shard.counts.misses;
  return nullptr;
}

void MemoryAnswers::keep(const ports::CacheKey& key, ports::KeptAnswer answer) {
  const std::uint64_t hash = hash_of(key);
  const std::size_t bytes = bytes_of(key, answer);
  auto kept = std::make_shared<const ports::KeptAnswer>(std::move(answer));
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (const auto old = shard.by_key.find(key.text); old != shard.by_key.end())
    shard.erase(old->second);
  if (bytes > shard.bytes_max / 4) {
    ++shard.counts.not_admitted;
    return;
  }
  ++shard.counts.kept;
  shard.insert({.key = key, .answer = std::move(kept), .bytes = bytes, .hash = hash});
  shard.settle_window();
}

void MemoryAnswers::Shard::insert(Entry entry) {
  window_bytes += entry.bytes;
  window.push_front(std::move(entry));
  by_key[window.front().key.text] = window.begin();
}

void MemoryAnswers::Shard::erase(Entries::iterator entry) {
  (entry->in_window ? window_bytes : main_bytes) -= entry->bytes;
  by_key.erase(entry->key.text);
  part(*entry).erase(entry);
}

/// Moves what the window has no room for into the main part, where it is wanted more
/// than what it would push out; a newcomer that is as famous does not win.
void MemoryAnswers::Shard::settle_window() {
  while (window_bytes > bytes_max / kWindowShare && !window.empty()) {
    const auto candidate = std::prev(window.end());
    const bool room = main_bytes + candidate->bytes + window_bytes <= bytes_max;
    const bool better = !main.empty() && sketch.estimate(candidate->hash) >
                                             sketch.estimate(std::prev(main.end())->hash);
    if (!room && !better) {
      if (window.size() == 1 && main.empty()) return;  // the only one, within the bound
      ++counts.not_admitted;
      erase(candidate);
      continue;
    }
    window_bytes -= candidate->bytes;
    main_bytes += candidate->bytes;
    candidate->in_window = false;
    main.splice(main.begin(), window, candidate);
  }
  shrink();
}

void MemoryAnswers::Shard::shrink() {
  while (main_bytes + window_bytes > bytes_max && !main.empty()) {
    ++counts.evicted;
    erase(std::prev(main.end()));
  }
}

void MemoryAnswers::drop(const ports::CacheKey& key) {
  Shard& shard = shard_of(hash_of(key));
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_key.find(key.text); found != shard.by_key.end())
    shard.erase(found->second);
}

std::uint64_t MemoryAnswers::purge(const ports::PurgeFilter& filter) {
  std::uint64_t purged = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    for (Entries* part : {&shard->window, &shard->main})
      for (auto entry = part->begin(); entry != part->end();) {
        const auto next = std::next(entry);
        if (fits(*entry->answer, filter)) {
          shard->erase(entry);
          ++purged;
        }
        entry = next;
      }
  }
  return purged;
}

ports::CacheCounts MemoryAnswers::counts() const {
  ports::CacheCounts sum;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum.entries += shard->by_key.size();
    sum.bytes += shard->window_bytes + shard->main_bytes;
    sum.hits += shard->counts.hits;
    sum.misses += shard->counts.misses;
    sum.kept += shard->counts.kept;
    sum.not_admitted += shard->counts.not_admitted;
    sum.evicted += shard->counts.evicted;
  }
  return sum;
}

}  // namespace plimsoll::store
