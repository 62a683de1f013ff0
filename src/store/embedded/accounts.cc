#include "store/embedded/accounts.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace plimsoll::store {
namespace {

constexpr std::int64_t kNoCap = std::numeric_limits<std::int64_t>::max();

}  // namespace

/// `committed` is what is held and what is spent in one number, so that one
/// compare-and-swap decides whether another hold fits under the cap.
struct EmbeddedAccounts::Account {
  std::atomic<std::int64_t> cap{kNoCap};
  std::atomic<std::int64_t> committed{0};
  std::atomic<std::int64_t> spent{0};

  bool try_hold(std::int64_t nanos) noexcept {
    std::int64_t now = committed.load(std::memory_order_relaxed);
    do {
      if (nanos > cap.load(std::memory_order_relaxed) - now) return false;
    } while (!committed.compare_exchange_weak(now, now + nanos, std::memory_order_acq_rel,
                                              std::memory_order_relaxed));
    return true;
  }

  /// Spent grows before the hold shrinks: a reader sees too much held at most,
  /// never money that is neither held nor spent.
  void settle(std::int64_t held, std::int64_t actual) noexcept {
    spent.fetch_add(actual, std::memory_order_acq_rel);
    committed.fetch_add(actual - held, std::memory_order_acq_rel);
  }
};

class EmbeddedAccounts::AccountHold final : public Hold {
 public:
  AccountHold(Account& account, Money amount) : account_(&account), amount_(amount) {}
  AccountHold(const AccountHold&) = delete;
  AccountHold& operator=(const AccountHold&) = delete;
  ~AccountHold() override {
    if (account_ != nullptr) account_->settle(amount_.nanos, 0);
  }

  void settle(Money actual) noexcept override {
    if (Account* account = std::exchange(account_, nullptr))
      account->settle(amount_.nanos, std::max<std::int64_t>(actual.nanos, 0));
  }

 private:
  Account* account_;
  Money amount_;
};

EmbeddedAccounts::EmbeddedAccounts() = default;
EmbeddedAccounts::~EmbeddedAccounts() = default;

EmbeddedAccounts::Shard& EmbeddedAccounts::shard_of(std::string_view name) const noexcept {
  return shards_[NameHash{}(name) % kShards];
}

EmbeddedAccounts::Account* EmbeddedAccounts::find_or_open(std::string_view name) {
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.accounts.find(name);
  if (found != shard.accounts.end()) return found->second.get();
  if (count_.fetch_add(1) >= kAccountsMax) {
    count_.fetch_sub(1);
    return nullptr;
  }
  return shard.accounts.emplace(name, std::make_unique<Account>()).first->second.get();
}

Task<Result<std::unique_ptr<Hold>>> EmbeddedAccounts::reserve(std::string_view account,
                                                              Money amount, Deadline) {
  co_return reserve_now(account, amount);
}

Result<std::unique_ptr<Hold>> EmbeddedAccounts::reserve_now(std::string_view name, Money amount) {
  if (amount.nanos < 0)
    return fail(ErrorKind::internal_bug, fmt::format("a hold of {} nanos", amount.nanos));
  Account* account = find_or_open(name);
  if (account == nullptr)
    return fail(ErrorKind::storage_failed, fmt::format("{} accounts are open", kAccountsMax));
  if (!account->try_hold(amount.nanos))
    return fail(ErrorKind::budget_exhausted,
                fmt::format("account \"{}\" has {} left; this call may cost up to {}", name,
                            to_string(books(name).balance), to_string(amount)),
                "lower max_tokens, or raise the cap of the account");
  return std::make_unique<AccountHold>(*account, amount);
}

Result<void> EmbeddedAccounts::set_cap(std::string_view name, std::optional<Money> cap) {
  Account* account = find_or_open(name);
  if (account == nullptr)
    return fail(ErrorKind::storage_failed, fmt::format("{} accounts are open", kAccountsMax));
  account->cap.store(cap ? cap->nanos : kNoCap, std::memory_order_relaxed);
  return {};
}

EmbeddedAccounts::Books EmbeddedAccounts::books(std::string_view name) const {
  const Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.accounts.find(name);
  if (found == shard.accounts.end()) return {.balance = {kNoCap}};
  const Account& account = *found->second;
  const std::int64_t spent = account.spent.load(std::memory_order_acquire);
  const std::int64_t committed = account.committed.load(std::memory_order_acquire);
  const std::int64_t cap = account.cap.load(std::memory_order_relaxed);
  Books books{.balance = {kNoCap},
              .held = {std::max<std::int64_t>(committed - spent, 0)},
              .spent = {spent}};
  if (cap != kNoCap) {
    books.cap = Money{cap};
    books.balance = Money{cap - committed};
  }
  return books;
}

}  // namespace plimsoll::store
