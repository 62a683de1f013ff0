#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ports/accounts.h"

namespace plimsoll::store {

/// Balances in the memory of one process. Books start at zero with the process.
///
/// Thread-safe. An account's sums are atomics, so no caller waits for another's
/// arithmetic; a short lock per shard guards only the finding of an account.
/// Must outlive every hold it gave.
class EmbeddedAccounts final : public ports::Accounts {
 public:
  /// More accounts than this are refused with storage_failed.
  static constexpr std::size_t kAccountsMax = 1'000'000;

  EmbeddedAccounts();
  ~EmbeddedAccounts() override;

  /// Never waits; the deadline is not looked at. A settlement above its hold is
  /// booked in full: money that is gone is gone, cap or not.
  [[nodiscard]] Task<Result<std::unique_ptr<Hold>>> reserve(std::string_view account, Money amount,
                                                            Deadline deadline) override;

  /// Held and spent together may not pass `cap`; none: no limit. What is held
  /// or spent already stays, also when it is more.
  ///
  /// Errors
  ///   storage_failed   there are kAccountsMax accounts
  Result<void> set_cap(std::string_view account, std::optional<Money> cap);

  struct Books {
    std::optional<Money> cap;
    Money balance;  // cap - held - spent; the largest Money without a cap
    Money held, spent;
  };
  /// As of now; while calls run the sums are those of nearly one moment. An
  /// account nobody has used has empty books.
  Books books(std::string_view account) const;

 private:
  struct Account;
  class AccountHold;
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::unique_ptr<Account>, NameHash, std::equal_to<>> accounts;
  };
  static constexpr std::size_t kShards = 64;

  Shard& shard_of(std::string_view name) const noexcept;
  Account* find_or_open(std::string_view name);
  Result<std::unique_ptr<Hold>> reserve_now(std::string_view name, Money amount);

  mutable std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace plimsoll::store
