#include "store/embedded/key_ring.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

namespace plimsoll::store {
namespace {

std::uint64_t start_of(const Sha256& hash) noexcept {
  std::uint64_t start = 0;
  std::memcpy(&start, hash.data(), sizeof start);
  return start;
}

std::optional<WallTime> sooner(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

std::size_t lane_of_this_thread(std::size_t lanes) noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t lane = next.fetch_add(1);
  return lane % lanes;
}

}  // namespace

Result<std::unique_ptr<KeyRing>> KeyRing::open(std::string folder) {
  std::unique_ptr<KeyRing> ring(new KeyRing(std::move(folder)));
  ring->lanes_[0].table = std::make_shared<const Table>();
  for (Lane& lane : ring->lanes_) lane.table = ring->lanes_[0].table;
  if (auto read = ring->look(); !read) return std::unexpected(std::move(read).error());
  // The thread takes no signals: those belong to the main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  ring->thread_ = std::thread([own = ring.get()] { own->watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return ring;
}

KeyRing::~KeyRing() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void KeyRing::watch() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    auto read = look();
    if (!read && !std::exchange(told_, true))
      fmt::print(stderr,
                 "plimsoll: warning: the keys in {} cannot be read, the last ones stay: {}\n",
                 folder_, read.error().what);
    if (read) told_ = false;
  }
}

/// Reads the store when it is there and has changed.
Result<void> KeyRing::look() {
  if (!store_) {
    if (!KeyStore::exists(folder_)) return {};
    PLIMSOLL_TRY(KeyStore opened, KeyStore::open(folder_));
    store_.emplace(std::move(opened));
  }
  PLIMSOLL_TRY(const std::int64_t version, store_->version());
  if (version_ == version) return {};
  PLIMSOLL_TRY(const auto keys, store_->all());
  const std::shared_ptr<const Table> table = table_of(keys);
  for (Lane& lane : lanes_) {
    const std::lock_guard lock(lane.mutex);
    lane.table = table;
  }
  version_ = version;
  return {};
}

std::shared_ptr<const KeyRing::Table> KeyRing::table_of(const std::vector<StoredKey>& keys) {
  auto table = std::make_shared<Table>();
  std::map<BudgetPeriod, BudgetRule> budgets;
  for (const StoredKey& stored : keys) {
    const auto key = std::make_shared<const ClientKey>(stored.key);
    if (key->budget) budgets.emplace(key->budget->period, *key->budget);
    for (const StoredSecret& secret : stored.secrets)
      table->by_start.emplace(start_of(secret.hash),
                              Entry{.hash = secret.hash,
                                    .key = key,
                                    .expires = sooner(secret.expires, key->expires),
                                    .revoked = stored.revoked.has_value()});
  }
  table->keys = keys.size();
  for (auto& [period, rule] : budgets) table->budgets.push_back(std::move(rule));
  return table;
}

std::shared_ptr<const KeyRing::Table> KeyRing::table() const {
  const Lane& lane = lanes_[lane_of_this_thread(lanes_.size())];
  const std::lock_guard lock(lane.mutex);
  return lane.table;
}

/// The table is found by the start of a hash, which who sends a credential cannot
/// steer; the rest is compared in constant time.
ports::FoundKey KeyRing::find(std::string_view credential, WallTime now) const {
  using State = ports::FoundKey::State;
  if (!credential.starts_with(kKeyPrefix) || credential.size() > 256) return {};
  const std::shared_ptr<const Table> known = table();
  const Sha256 hash = sha256(credential);
  const auto [from, to] = known->by_start.equal_range(start_of(hash));
  for (auto at = from; at != to; ++at) {
    const Entry& entry = at->second;
    if (!same_hash(entry.hash, hash)) continue;
    const State state = entry.revoked                            ? State::revoked
                        : entry.expires && *entry.expires <= now ? State::expired
                                                                 : State::valid;
    return {.state = state, .key = entry.key};
  }
  return {};
}

std::size_t KeyRing::size() const { return table()->keys; }
std::vector<BudgetRule> KeyRing::budgets() const { return table()->budgets; }

}  // namespace plimsoll::store
