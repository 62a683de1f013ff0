#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ports/budgets.h"
#include "store/embedded/lease_book.h"

namespace plimsoll::store {

/// True when two rules count on the same balances, whatever their caps.
bool same_balance(const BudgetRule& a, const BudgetRule& b) noexcept;

/// Budgets of one process. What was spent before it started is read into them
/// with `book`, from the ledger.
///
/// Thread-safe. A balance is one number that callers must agree on, so it has a
/// lock of its own, held for a handful of integers; a lock per shard of 64 guards
/// the finding of a balance. No two locks are ever held together.
class EmbeddedBudgets final : public ports::Budgets {
 public:
  static constexpr std::size_t kBalancesMax = 1'000'000;

  /// `leases` (may be null: nothing outlives a kill) must outlive this.
  explicit EmbeddedBudgets(LeaseBook* leases = nullptr);
  ~EmbeddedBudgets() override;

  [[nodiscard]] ports::MoneyAnswer reserve(const ports::MoneyAsk& ask) override;

  /// `amount` was spent by `holder` at `when`, by an attempt that held nothing.
  void book(const BudgetRule& rule, std::string_view holder, Money amount, WallTime when,
            WallTime now);

  /// Nothing was spent by this rule's holders; for reading it anew. Holds stay.
  void forget_spent(const BudgetRule& rule);

  struct View {
    std::string budget, holder;
    Money cap, held, spent;  // of the period that runs, as of the last use
  };
  /// At most `most` balances.
  std::vector<View> views(std::size_t most) const;
  View view(const BudgetRule& rule, std::string_view holder) const;

  std::uint64_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }
  /// Times that spending passed a budget's warn_at, once a period.
  std::uint64_t warnings() const noexcept { return warnings_.load(std::memory_order_relaxed); }
  /// Attempts that cost more than was set aside for them.
  std::uint64_t overruns() const noexcept { return overruns_.load(std::memory_order_relaxed); }

 private:
  class Balance;
  class MoneyHold;
  struct Part;
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::unique_ptr<Balance>, NameHash, std::equal_to<>> balances;
  };
  static constexpr std::size_t kShards = 64;

  Balance* find_or_open(const BudgetRule& rule, std::string_view holder);
  void warn(const Balance& balance);

  LeaseBook* leases_;
  mutable std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> refusals_{0}, warnings_{0}, overruns_{0};
};

}  // namespace plimsoll::store
