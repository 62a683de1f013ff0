// Goal: money that was spent stays spent across a restart, and what was in flight at a
// kill is booked at the most that it may have cost, once, and marked.
// Method: real files; a child process is killed with its attempts in flight, and
// another process opens what it left.
#include "store/embedded/spending.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/embedded/sqlite.h"

namespace plimsoll::store {
namespace {

using namespace std::chrono_literals;

const BudgetRule kDaily{
    .name = "day", .scope = BudgetScope::key, .cap = Money{1'000'000}, .warn_at = 1};

WallTime now() { return std::chrono::system_clock::now(); }

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "plimsoll-spend-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::unique_ptr<Ledger> open_ledger(const Folder& folder) {
  auto ledger = Ledger::open({.folder = folder.path});
  EXPECT_TRUE(ledger) << ledger.error().what;
  return std::move(*ledger);
}

std::shared_ptr<Trail> call(int number, WallTime when = now()) {
  auto trail = std::make_shared<Trail>();
  trail->call_id = "c_" + std::to_string(number);
  trail->key_id = "team-a";
  trail->feature = "bot";
  trail->started_wall = when;
  AttemptTrail& attempt = trail->attempts.emplace_back();
  attempt.provider = "up";
  attempt.model = "m-small";
  attempt.started = 0ns;
  return trail;
}

ports::MoneyGrant hold(EmbeddedBudgets& budgets, Trail& trail, std::int64_t nanos) {
  const ports::BudgetAsk one{.rule = &kDaily, .holder = "team-a"};
  auto granted = budgets.reserve(
      {.asks = {&one, 1}, .amount = Money{nanos}, .trail = trail, .now = trail.started_wall});
  EXPECT_TRUE(granted) << granted.error().error.what;
  trail.attempts[0].lease = granted->lease;
  return std::move(*granted);
}

std::int64_t sum(const Ledger& ledger, const std::string& what) {
  auto database = Database::open(ledger.path(), Database::Access::read_only);
  return database->integer("SELECT coalesce(sum(" + what + "), 0) FROM attempts").value_or(-1);
}

TEST(SpendingTest, what_the_ledger_knows_is_released_and_read_again_after_a_restart) {
  Folder folder;
  {
    auto ledger = open_ledger(folder);
    EmbeddedBudgets budgets(&ledger->leases());
    auto trail = call(1);
    auto granted = hold(budgets, *trail, 9'000);
    EXPECT_EQ(ledger->leases().used(), 1U);
    granted.hold->settle(Money{4'000});
    trail->attempts[0].cost = Money{4'000};
    ledger->take(trail);
    ASSERT_TRUE(ledger->flush());
    EXPECT_EQ(ledger->leases().used(), 0U);
  }
  auto ledger = open_ledger(folder);
  EXPECT_EQ(book_left(*ledger), 0U);
  EmbeddedBudgets budgets(&ledger->leases());
  ASSERT_TRUE(read_spending(*ledger, {&kDaily, 1}, now(), budgets));
  EXPECT_EQ(budgets.view(kDaily, "team-a").spent, Money{4'000});
}

TEST(SpendingTest, spending_of_another_day_does_not_count) {
  Folder folder;
  auto ledger = open_ledger(folder);
  auto trail = call(1, now() - 25h);
  trail->attempts[0].cost = Money{4'000};
  ledger->take(trail);
  ASSERT_TRUE(ledger->flush());
  EmbeddedBudgets budgets;
  ASSERT_TRUE(read_spending(*ledger, {&kDaily, 1}, now(), budgets));
  EXPECT_EQ(budgets.view(kDaily, "team-a").spent, Money{0});
}

TEST(SpendingTest, an_attempt_that_cost_nothing_leaves_no_lease_and_none_of_the_next) {
  Folder folder;
  auto ledger = open_ledger(folder);
  EmbeddedBudgets budgets(&ledger->leases());
  auto first = call(1), second = call(2);
  {
    const auto dies = hold(budgets, *first, 9'000);
  }
  const auto stays = hold(budgets, *second, 5'000);
  ledger->take(first);
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(ledger->leases().used(), 1U) << "the first row names a lease that is another's now";
}

/// One attempt settled and not yet in the ledger, two in flight; then it is killed.
[[noreturn]] void work_until_killed(const std::string& path, int ready) {
  auto ledger = Ledger::open({.folder = path, .flush_interval = 1h});
  EmbeddedBudgets budgets(&(*ledger)->leases());
  auto settled = call(1), flying = call(2), flying_too = call(3);
  auto one = hold(budgets, *settled, 9'000);
  one.hold->settle(Money{4'000});
  settled->attempts[0].cost = Money{4'000};
  (*ledger)->take(settled);
  const auto two = hold(budgets, *flying, 7'000);
  const auto three = hold(budgets, *flying_too, 6'000);
  (void)::write(ready, "x", 1);
  while (true) ::pause();
}

TEST(SpendingTest, a_kill_books_what_was_in_flight_at_its_worst_case_once_and_marks_it) {
  Folder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) work_until_killed(folder.path, ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (int restart = 0; restart < 2; ++restart) {
    auto ledger = open_ledger(folder);
    EXPECT_EQ(book_left(*ledger), restart == 0 ? 2U : 0U);
    EXPECT_EQ(sum(*ledger, "cost_nanos"), 4'000 + 7'000 + 6'000);
    EXPECT_EQ(sum(*ledger, "presumed"), 2);
    EmbeddedBudgets budgets(&ledger->leases());
    ASSERT_TRUE(read_spending(*ledger, {&kDaily, 1}, now(), budgets));
    EXPECT_EQ(budgets.view(kDaily, "team-a").spent, Money{17'000});
    EXPECT_EQ(ledger->leases().used(), 0U);
  }
}

TEST(SpendingTest, an_empty_folder_has_nothing_left) {
  Folder folder;
  auto ledger = open_ledger(folder);
  EXPECT_EQ(book_left(*ledger), 0U);
}

}  // namespace
}  // namespace plimsoll::store
