// Goal: reserved + spent never passes the cap, and when nobody is calling,
// nothing is reserved, whatever the threads did.
// Method: random holds, settlements and drops from several threads on few
// accounts, with the sums they should leave; a watcher reads all the while. The
// seed is printed.
#include "store/embedded/accounts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace plimsoll::store {
namespace {

constexpr Money kCap{50'000};

struct Outcome {
  Money spent;
  int refused = 0;
};

/// Holds up to eight at a time, so that holds of several threads overlap.
Outcome spend_at_random(EmbeddedAccounts& accounts, const std::string& account, unsigned seed) {
  std::mt19937 random(seed);
  std::deque<std::pair<std::unique_ptr<Hold>, Money>> held;
  Outcome outcome;
  for (int i = 0; i < 100'000; ++i) {
    const Money amount{static_cast<std::int64_t>(random() % 9'000)};
    auto hold = accounts.reserve(account, amount, kNoDeadline).run_ready();
    if (hold)
      held.emplace_back(std::move(*hold), amount);
    else
      ++outcome.refused;
    if (held.size() < 8 && hold) continue;
    if (held.empty()) continue;
    if (random() % 4 == 0) {
      const Money actual{held.front().second.nanos / 2'000};
      held.front().first->settle(actual);
      outcome.spent += actual;
    }
    held.pop_front();
  }
  return outcome;
}

TEST(EmbeddedAccountsTest, never_passes_the_cap_and_ends_with_nothing_reserved) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  EmbeddedAccounts accounts;
  ASSERT_TRUE(accounts.set_cap("team", kCap));
  std::atomic<bool> over{false};
  std::thread watcher([&] {
    while (!over) {
      const auto books = accounts.books("team");
      EXPECT_LE(books.held.nanos + books.spent.nanos, kCap.nanos);
      EXPECT_GE(books.balance.nanos, 0);
    }
  });
  std::vector<Outcome> outcomes(4);
  std::vector<std::thread> threads;
  std::barrier start(static_cast<std::ptrdiff_t>(outcomes.size()));
  for (unsigned t = 0; t < outcomes.size(); ++t)
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      outcomes[t] = spend_at_random(accounts, "team", seed + t);
    });
  for (std::thread& thread : threads) thread.join();
  over = true;
  watcher.join();

  Money spent;
  int refused = 0;
  for (const Outcome& outcome : outcomes) {
    spent += outcome.spent;
    refused += outcome.refused;
  }
  const auto books = accounts.books("team");
  EXPECT_EQ(books.spent, spent);
  EXPECT_EQ(books.held, Money{0});
  EXPECT_EQ(books.balance, kCap - spent);
  EXPECT_GT(refused, 0) << "the cap was never met: the test proves nothing";
}

TEST(EmbeddedAccountsTest, says_what_is_left_and_what_was_asked) {
  EmbeddedAccounts accounts;
  ASSERT_TRUE(accounts.set_cap("team-a", Money{209'000}));
  const auto hold = accounts.reserve("team-a", Money{210'000}, kNoDeadline).run_ready();
  ASSERT_FALSE(hold);
  EXPECT_EQ(hold.error().what,
            "account \"team-a\" has $0.000209 left; this call may cost up to $0.00021");
}

TEST(EmbeddedAccountsTest, a_lower_cap_stops_new_holds_and_keeps_old_ones) {
  EmbeddedAccounts accounts;
  auto old = accounts.reserve("a", Money{100}, kNoDeadline).run_ready();
  ASSERT_TRUE(old);
  ASSERT_TRUE(accounts.set_cap("a", Money{50}));
  EXPECT_FALSE(accounts.reserve("a", Money{0}, kNoDeadline).run_ready());
  EXPECT_EQ(accounts.books("a").held, Money{100});
  (*old)->settle(Money{20});
  EXPECT_TRUE(accounts.reserve("a", Money{30}, kNoDeadline).run_ready());
  ASSERT_TRUE(accounts.set_cap("a", {}));
  EXPECT_TRUE(accounts.reserve("a", Money{1'000'000}, kNoDeadline).run_ready());
}

TEST(EmbeddedAccountsTest, a_settlement_above_its_hold_is_booked_in_full) {
  EmbeddedAccounts accounts;
  ASSERT_TRUE(accounts.set_cap("a", Money{100}));
  {
    auto hold = accounts.reserve("a", Money{100}, kNoDeadline).run_ready();
    ASSERT_TRUE(hold);
    (*hold)->settle(Money{130});
  }
  EXPECT_EQ(accounts.books("a").spent, Money{130});
  EXPECT_EQ(accounts.books("a").balance, Money{-30});
  EXPECT_EQ(accounts.books("a").held, Money{0});
}

}  // namespace
}  // namespace plimsoll::store
