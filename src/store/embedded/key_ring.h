#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/sha256.h"
#include "ports/keys.h"
#include "store/embedded/key_store.h"

namespace plimsoll::store {

/// The keys of a store as a gateway looks them up. A thread of its own looks
/// every second whether another process has changed the store, so a change is
/// seen at most kStaleness later. Where the store cannot be read, the keys that
/// were read last stay, and standard error says so.
///
/// Thread-safe. A look-up takes one of 16 locks, that of its thread, for the copy
/// of one pointer: the table itself never changes.
class KeyRing final : public ports::Keys {
 public:
  static constexpr std::chrono::seconds kStaleness{2};

  /// `folder` need not hold a store yet. Reads what is there before it returns.
  ///
  /// Errors
  ///   storage_failed   there is a store and it cannot be read
  [[nodiscard]] static Result<std::unique_ptr<KeyRing>> open(std::string folder);
  ~KeyRing() override;

  ports::FoundKey find(std::string_view credential, WallTime now) const override;

  /// Keys that are known, revoked ones too.
  std::size_t size() const;
  /// Budgets of keys, one of each period: for reading what was spent.
  std::vector<BudgetRule> budgets() const;

 private:
  struct Entry {
    Sha256 hash{};
    std::shared_ptr<const ClientKey> key;
    std::optional<WallTime> expires;  // of the secret or of the key, what is sooner
    bool revoked = false;
  };
  struct Table {
    std::unordered_multimap<std::uint64_t, Entry> by_start;  // the first 8 bytes of the hash
    std::size_t keys = 0;
    std::vector<BudgetRule> budgets;
  };
  struct alignas(64) Lane {
    mutable std::mutex mutex;
    std::shared_ptr<const Table> table;
  };

  explicit KeyRing(std::string folder) : folder_(std::move(folder)) {}
  Result<void> look();
  void watch();
  std::shared_ptr<const Table> table() const;
  static std::shared_ptr<const Table> table_of(const std::vector<StoredKey>& keys);

  const std::string folder_;
  std::optional<KeyStore> store_;  // the thread's own, as the next
  std::optional<std::int64_t> version_;
  bool told_ = false;
  std::array<Lane, 16> lanes_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace plimsoll::store
