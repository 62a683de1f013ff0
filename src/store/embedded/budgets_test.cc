// Goal: reserved and spent never pass a cap, in any window and under any number of
// threads; nothing stays reserved; a period that ends takes its holds with it.
// Method: made-up instants; books are compared with sums kept beside them; a random
// walk over a thousand seeds.
#include "store/embedded/budgets.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "store/embedded/budget_window.h"

namespace plimsoll::store {
namespace {

using namespace std::chrono_literals;

const WallTime kNoon = WallTime{} + 1'767'225'600s + 12h;  // 2026-01-01 12:00

BudgetRule cap_of(std::int64_t nanos) { return {.name = "b", .cap = Money{nanos}, .warn_at = 1}; }

ports::MoneyAnswer ask(EmbeddedBudgets& budgets, const BudgetRule& rule, std::int64_t nanos,
                       WallTime now = kNoon, std::string holder = "") {
  static const Trail trail = [] {
    Trail one;
    one.attempts.emplace_back();
    return one;
  }();
  const ports::BudgetAsk one{.rule = &rule, .holder = std::move(holder)};
  return budgets.reserve({.asks = {&one, 1}, .amount = Money{nanos}, .trail = trail, .now = now});
}

TEST(BudgetsTest, the_last_nano_fits_and_one_more_does_not) {
  EmbeddedBudgets budgets;
  const BudgetRule rule = cap_of(100);
  auto first = ask(budgets, rule, 60);
  ASSERT_TRUE(first);
  EXPECT_FALSE(ask(budgets, rule, 41));
  auto second = ask(budgets, rule, 40);
  ASSERT_TRUE(second);
  first->hold->settle(Money{10});
  EXPECT_EQ(budgets.view(rule, "").spent, Money{10});
  EXPECT_EQ(budgets.view(rule, "").held, Money{40});
  EXPECT_TRUE(ask(budgets, rule, 50)) << "what was not used came back";
  EXPECT_EQ(budgets.view(rule, "").held, Money{40}) << "and a hold that dies gives all back";
}

TEST(BudgetsTest, a_refusal_says_who_what_is_left_and_when_there_is_more) {
  EmbeddedBudgets budgets;
  BudgetRule rule{.name = "team", .scope = BudgetScope::key, .cap = Money{20'000'000'000}};
  const auto refused = ask(budgets, rule, 30'000'000'000, kNoon, "team-a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().by, &rule);
  EXPECT_EQ(refused.error().error.what,
            "key \"team-a\" has $20.00 left of $20.00 a day (budget \"team\"); this call may cost "
            "up to $30.00");
  EXPECT_EQ(refused.error().error.retry_after, std::chrono::milliseconds(12h));
  EXPECT_EQ(budgets.refusals(), 1U);
}

TEST(BudgetsTest, a_call_that_one_balance_refuses_takes_from_none) {
  EmbeddedBudgets budgets;
  const BudgetRule wide = cap_of(100);
  BudgetRule narrow = cap_of(10);
  narrow.name = "narrow";
  const std::vector<ports::BudgetAsk> both{{.rule = &wide}, {.rule = &narrow}};
  Trail trail;
  trail.attempts.emplace_back();
  EXPECT_FALSE(budgets.reserve({.asks = both, .amount = Money{11}, .trail = trail, .now = kNoon}));
  EXPECT_EQ(budgets.view(wide, "").held, Money{0});
  const auto granted =
      budgets.reserve({.asks = both, .amount = Money{10}, .trail = trail, .now = kNoon});
  ASSERT_TRUE(granted);
  granted->hold->settle(Money{9});
  granted->hold->settle(Money{9});
  EXPECT_EQ(budgets.view(wide, "").spent, Money{9}) << "a second settlement changes nothing";
  EXPECT_EQ(budgets.view(narrow, "").spent, Money{9});
}

TEST(BudgetsTest, a_calendar_day_begins_anew_and_leaves_its_holds_behind) {
  EmbeddedBudgets budgets;
  const BudgetRule rule = cap_of(100);
  auto late = ask(budgets, rule, 90);
  ASSERT_TRUE(late);
  EXPECT_FALSE(ask(budgets, rule, 20, kNoon + 11h));
  const auto next_day = ask(budgets, rule, 100, kNoon + 12h);
  EXPECT_TRUE(next_day);
  late->hold->settle(Money{90});
  EXPECT_EQ(budgets.view(rule, "").spent, Money{0}) << "it belongs to the day before";
}

TEST(BudgetsTest, no_stretch_of_a_rolling_period_holds_more_than_its_cap) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EmbeddedBudgets budgets;
    BudgetRule rule = cap_of(1'000);
    rule.rolling = true;
    rule.period = BudgetPeriod::hour;
    std::mt19937_64 random(seed);
    std::vector<std::pair<WallTime, std::int64_t>> spent;
    WallTime now = kNoon;
    for (int i = 0; i < 300; ++i) {
      now += std::chrono::seconds(random() % 240);
      const auto amount = static_cast<std::int64_t>(random() % 200);
      auto granted = ask(budgets, rule, amount, now);
      if (!granted) continue;
      granted->hold->settle(Money{amount});
      spent.emplace_back(now, amount);
    }
    for (std::size_t i = 0; i < spent.size(); ++i) {
      std::int64_t sum = 0;
      for (std::size_t j = i; j < spent.size() && spent[j].first - spent[i].first < 1h; ++j)
        sum += spent[j].second;
      ASSERT_LE(sum, 1'000) << "seed " << seed;
    }
  }
}

TEST(BudgetsTest, windows_begin_where_the_calendar_says) {
  BudgetRule rule{.period = BudgetPeriod::month};
  EXPECT_EQ(window_of(rule, kNoon).next, std::chrono::sys_days(std::chrono::year(2026) / 2 / 1));
  EXPECT_NE(window_of(rule, kNoon - 13h).bucket, window_of(rule, kNoon).bucket);
  rule.period = BudgetPeriod::hour;
  EXPECT_EQ(window_of(rule, kNoon + 59min).next, kNoon + 1h);
}

TEST(BudgetsTest, a_hundred_threads_on_a_cap_of_ten_get_ten) {
  EmbeddedBudgets budgets;
  const BudgetRule rule = cap_of(10);
  std::atomic<int> granted{0};
  std::atomic<bool> go{false};
  std::vector<ports::MoneyAnswer> answers(100);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < answers.size(); ++i)
    threads.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      answers[i] = ask(budgets, rule, 1);
      if (answers[i]) ++granted;
    });
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted, 10);
  EXPECT_EQ(budgets.view(rule, "").held, Money{10});
  for (auto& answer : answers)
    if (answer) answer->hold->settle(Money{1});
  EXPECT_EQ(budgets.view(rule, "").held, Money{0});
  EXPECT_EQ(budgets.view(rule, "").spent, Money{10});
}

/// Retries, cuts and clients that leave, in any order: some holds settle below, some
/// die, some go over (their provider counted more), some are settled a day later.
TEST(BudgetsTest, a_thousand_seeds_of_faults_never_pass_the_cap_and_end_with_nothing_held) {
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    EmbeddedBudgets budgets;
    std::mt19937_64 random(seed);
    BudgetRule rule = cap_of(1'000);
    rule.rolling = seed % 2 == 1;
    struct Running {
      std::unique_ptr<Hold> hold;
      std::int64_t amount;
    };
    std::vector<Running> running;
    WallTime now = kNoon;
    std::int64_t over = 0;
    for (int step = 0; step < 100; ++step) {
      now += std::chrono::minutes(random() % 90);
      const auto amount = static_cast<std::int64_t>(random() % 300);
      if (auto granted = ask(budgets, rule, amount, now))
        running.push_back({std::move(granted->hold), amount});
      if (!running.empty() && random() % 3 != 0) {
        const std::size_t which = random() % running.size();
        const std::uint64_t fate = random() % 10;
        if (fate == 0) over += running[which].amount / 10 + 1;
        if (fate < 7)
          running[which].hold->settle(
              Money{fate == 0 ? running[which].amount * 11 / 10 + 1 : running[which].amount / 2});
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
      }
      const auto view = budgets.view(rule, "");
      ASSERT_LE((view.held + view.spent).nanos, 1'000 + over) << "seed " << seed;
      ASSERT_GE(view.held.nanos, 0) << "seed " << seed;
    }
    running.clear();
    ASSERT_EQ(budgets.view(rule, "").held, Money{0}) << "seed " << seed;
  }
}

TEST(BudgetsTest, what_costs_more_than_its_hold_is_booked_counted_and_blocks) {
  EmbeddedBudgets budgets;
  const BudgetRule rule = cap_of(100);
  auto granted = ask(budgets, rule, 50);
  granted->hold->settle(Money{120});
  EXPECT_EQ(budgets.overruns(), 1U);
  EXPECT_EQ(budgets.view(rule, "").spent, Money{120});
  EXPECT_FALSE(ask(budgets, rule, 0 + 1));
}

TEST(BudgetsTest, a_warning_comes_once_a_period) {
  EmbeddedBudgets budgets;
  BudgetRule rule = cap_of(100);
  rule.warn_at = 0.5;
  for (const int cost : {40, 20, 20}) ask(budgets, rule, cost)->hold->settle(Money{cost});
  EXPECT_EQ(budgets.warnings(), 1U);
  for (const int cost : {40, 20}) ask(budgets, rule, cost, kNoon + 24h)->hold->settle(Money{cost});
  EXPECT_EQ(budgets.warnings(), 2U);
}

}  // namespace
}  // namespace plimsoll::store
