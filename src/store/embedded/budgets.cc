#include "store/embedded/budgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "store/embedded/budget_window.h"

namespace plimsoll::store {
namespace {

std::string_view word_of(BudgetPeriod period) noexcept {
  switch (period) {
    case BudgetPeriod::minute: return "minute";
    case BudgetPeriod::hour: return "hour";
    case BudgetPeriod::day: return "day";
    case BudgetPeriod::month: return "month";
  }
  return "day";
}

std::string_view word_of(BudgetScope scope) noexcept {
  switch (scope) {
    case BudgetScope::global: return "everybody";
    case BudgetScope::feature: return "feature";
    case BudgetScope::key: return "key";
    case BudgetScope::tenant: return "tenant";
    case BudgetScope::model: return "model";
  }
  return "everybody";
}

/// `key "team-a"`, `the default tenant`, `everybody together`.
std::string who(const BudgetRule& rule, std::string_view holder) {
  if (rule.scope == BudgetScope::global) return "everybody together";
  if (holder.empty()) return fmt::format("the default {}", word_of(rule.scope));
  return fmt::format("{} \"{}\"", word_of(rule.scope), holder);
}

std::unexpected<ports::MoneyRefusal> no_room(std::string what) {
  ports::MoneyRefusal refusal;
  refusal.error = {.kind = ErrorKind::storage_failed, .what = std::move(what)};
  return std::unexpected(std::move(refusal));
}

/// A rule that counts over another stretch has another balance.
std::string name_of(const BudgetRule& rule, std::string_view holder) {
  return fmt::format("{}\n{}{}{}\n{}", rule.name, word_of(rule.scope), word_of(rule.period),
                     rule.rolling ? "~" : "", holder);
}

}  // namespace

bool same_balance(const BudgetRule& a, const BudgetRule& b) noexcept {
  return a.name == b.name && a.scope == b.scope && a.period == b.period && a.rolling == b.rolling;
}

/// What one holder has spent and set aside, by bucket of time.
class EmbeddedBudgets::Balance {
 public:
  Balance(const BudgetRule& rule, std::string_view holder) : rule_(rule), holder_(holder) {}

  struct Taken {
    bool fits = true;
    std::int64_t bucket = 0;
    Money left;
    std::chrono::nanoseconds until_next{0};
  };
  Taken take(const BudgetRule& rule, Money amount, WallTime now) {
    const std::lock_guard lock(mutex_);
    rule_.cap = rule.cap;  // a reload may have changed it
    rule_.warn_at = rule.warn_at;
    const BudgetWindow window = window_of(rule_, now);
    forget_before(window.oldest);
    if (amount.nanos > rule_.cap.nanos - committed_)
      return {.fits = false,
              .left = Money{std::max<std::int64_t>(rule_.cap.nanos - committed_, 0)},
              .until_next = window.next - now};
    buckets_[window.bucket].held += amount.nanos;
    committed_ += amount.nanos;
    return {.bucket = window.bucket};
  }

  /// Ends a hold of `bucket`. True when this spending passed the warning.
  bool settle(std::int64_t bucket, Money held, Money actual) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = buckets_.find(bucket);
    if (found == buckets_.end()) return false;  // its period is over
    found->second.held -= held.nanos;
    return add(found->second, actual.nanos, -held.nanos);
  }

  void book(Money amount, WallTime when, WallTime now) {
    const std::lock_guard lock(mutex_);
    const BudgetWindow window = window_of(rule_, now);
    forget_before(window.oldest);
    const std::int64_t bucket = window_of(rule_, when).bucket;
    if (bucket >= window.oldest) add(buckets_[bucket], amount.nanos, 0);
  }

  void forget_spent() {
    const std::lock_guard lock(mutex_);
    for (auto& [index, bucket] : buckets_) bucket.spent = 0;
    committed_ -= spent_;
    spent_ = 0;
    warned_ = false;
  }

  View view() const {
    const std::lock_guard lock(mutex_);
    View out{.budget = rule_.name, .holder = holder_, .cap = rule_.cap};
    for (const auto& [index, bucket] : buckets_) {
      out.held += Money{bucket.held};
      out.spent += Money{bucket.spent};
    }
    return out;
  }

  const BudgetRule& rule() const noexcept { return rule_; }
  const std::string& holder() const noexcept { return holder_; }

 private:
  struct Bucket {
    std::int64_t held = 0, spent = 0;
  };

  void forget_before(std::int64_t oldest) {
    while (!buckets_.empty() && buckets_.begin()->first < oldest) {
      const Bucket& old = buckets_.begin()->second;
      committed_ -= old.held + old.spent;
      spent_ -= old.spent;
      buckets_.erase(buckets_.begin());
      warned_ = false;
    }
  }

  bool add(Bucket& bucket, std::int64_t spent, std::int64_t freed) noexcept {
    bucket.spent += spent;
    spent_ += spent;
    committed_ += spent + freed;
    const double mark = static_cast<double>(rule_.cap.nanos) * rule_.warn_at;
    const bool passed = rule_.warn_at < 1 && static_cast<double>(spent_) >= mark;
    return passed && !std::exchange(warned_, true);
  }

  mutable std::mutex mutex_;
  BudgetRule rule_;
  const std::string holder_;
  std::map<std::int64_t, Bucket> buckets_;  // at most 62
  std::int64_t committed_ = 0, spent_ = 0;  // sums over the buckets
  bool warned_ = false;
};

/// A hold's share on one balance.
struct EmbeddedBudgets::Part {
  Balance* balance = nullptr;
  std::int64_t bucket = 0;
};

class EmbeddedBudgets::MoneyHold final : public Hold {
 public:
  MoneyHold(EmbeddedBudgets& owner, Money amount) : owner_(owner), amount_(amount) {}
  MoneyHold(const MoneyHold&) = delete;
  MoneyHold& operator=(const MoneyHold&) = delete;

  /// Unsettled: everything goes back, and no ledger row will come.
  ~MoneyHold() override {
    if (parts_.empty()) return;
    for (const Part& part : parts_) part.balance->settle(part.bucket, amount_, Money{});
    if (owner_.leases_ != nullptr) owner_.leases_->release(lease_);
  }

  void settle(Money actual) noexcept override {
    const std::vector<Part> parts = std::exchange(parts_, {});
    if (parts.empty()) return;
    actual = std::max(actual, Money{});
    if (owner_.leases_ != nullptr) owner_.leases_->settle(lease_, actual);
    if (actual > amount_) owner_.overruns_.fetch_add(1, std::memory_order_relaxed);
    for (const Part& part : parts)
      if (part.balance->settle(part.bucket, amount_, actual)) owner_.warn(*part.balance);
  }

  void add(Part part) { parts_.push_back(part); }
  void set_lease(std::int64_t lease) noexcept { lease_ = lease; }

 private:
  EmbeddedBudgets& owner_;
  Money amount_;
  std::vector<Part> parts_;
  std::int64_t lease_ = -1;
};

EmbeddedBudgets::EmbeddedBudgets(LeaseBook* leases) : leases_(leases) {}
EmbeddedBudgets::~EmbeddedBudgets() = default;

EmbeddedBudgets::Balance* EmbeddedBudgets::find_or_open(const BudgetRule& rule,
                                                        std::string_view holder) {
  std::string name = name_of(rule, holder);
  Shard& shard = shards_[NameHash{}(name) % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.balances.find(name);
  if (found != shard.balances.end()) return found->second.get();
  if (count_.fetch_add(1) >= kBalancesMax) {
    count_.fetch_sub(1);
    return nullptr;
  }
  auto balance = std::make_unique<Balance>(rule, holder);
  return shard.balances.emplace(std::move(name), std::move(balance)).first->second.get();
}

ports::MoneyAnswer EmbeddedBudgets::reserve(const ports::MoneyAsk& ask) {
  auto hold = std::make_unique<MoneyHold>(*this, ask.amount);
  for (const ports::BudgetAsk& one : ask.asks) {
    Balance* balance = find_or_open(*one.rule, one.holder);
    if (balance == nullptr) return no_room(fmt::format("{} balances are open", kBalancesMax));
    const Balance::Taken taken = balance->take(*one.rule, ask.amount, ask.now);
    if (taken.fits) {
      hold->add({.balance = balance, .bucket = taken.bucket});
      continue;
    }
    refusals_.fetch_add(1, std::memory_order_relaxed);
    ports::MoneyRefusal refusal{.by = one.rule};
    refusal.error = {
        .kind = ErrorKind::budget_exhausted,
        .what =
            fmt::format("{} has {} left of {} a {} (budget \"{}\"); this call may cost up to {}",
                        who(*one.rule, one.holder), to_string(taken.left), to_string(one.rule->cap),
                        word_of(one.rule->period), one.rule->name, to_string(ask.amount)),
        .hint = "wait for the next period, lower max_tokens, or raise the budget",
        .retry_after = std::chrono::ceil<milliseconds>(taken.until_next)};
    return std::unexpected(std::move(refusal));
  }
  ports::MoneyGrant grant;
  if (leases_ != nullptr) {
    grant.lease = leases_->take(ask.trail, ask.attempt, ask.amount);
    if (grant.lease < 0)
      return no_room(fmt::format("{} attempts are not in the ledger yet", LeaseBook::kSlots));
    hold->set_lease(grant.lease);
  }
  grant.hold = std::move(hold);
  return grant;
}

void EmbeddedBudgets::book(const BudgetRule& rule, std::string_view holder, Money amount,
                           WallTime when, WallTime now) {
  if (Balance* balance = find_or_open(rule, holder)) balance->book(amount, when, now);
}

void EmbeddedBudgets::forget_spent(const BudgetRule& rule) {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [name, balance] : shard.balances)
      if (same_balance(balance->rule(), rule)) balance->forget_spent();
  }
}

/// Once a period and balance, so it cannot flood.
void EmbeddedBudgets::warn(const Balance& balance) {
  warnings_.fetch_add(1, std::memory_order_relaxed);
  const View view = balance.view();
  const std::string line =
      fmt::format("plimsoll: warning: {} has spent {} of {} a {} (budget \"{}\")\n",
                  who(balance.rule(), view.holder), to_string(view.spent), to_string(view.cap),
                  word_of(balance.rule().period), view.budget);
  (void)std::fputs(line.c_str(), stderr);
}

std::vector<EmbeddedBudgets::View> EmbeddedBudgets::views(std::size_t most) const {
  std::vector<View> all;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [name, balance] : shard.balances) {
      if (all.size() == most) return all;
      all.push_back(balance->view());
    }
  }
  return all;
}

EmbeddedBudgets::View EmbeddedBudgets::view(const BudgetRule& rule, std::string_view holder) const {
  const std::string name = name_of(rule, holder);
  const Shard& shard = shards_[NameHash{}(name) % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.balances.find(name);
  return found == shard.balances.end() ? View{.budget = rule.name, .holder = std::string(holder)}
                                       : found->second->view();
}

}  // namespace plimsoll::store
