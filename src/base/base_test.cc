// Goal: the small types everything stands on keep their promises.
// Method: direct calls; a million ready tasks in one coroutine for stack depth.
#include <gtest/gtest.h>

#include "base/cancel.h"
#include "base/money.h"
#include "base/scope.h"
#include "base/task.h"

namespace plimsoll {
namespace {

Task<int> ready(int value) { co_return value; }

Task<std::int64_t> sum_of_a_million() {
  std::int64_t sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await ready(1);
  co_return sum;
}

Task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

TEST(TaskTest, a_million_ready_tasks_do_not_grow_the_stack) {
  EXPECT_EQ(sum_of_a_million().run_ready(), 1'000'000);
}

TEST(TaskTest, deep_nesting_does_not_grow_the_stack) {
  EXPECT_EQ(nested(100'000).run_ready(), 100'000);
}

TEST(MoneyTest, shows_as_many_decimals_as_needed) {
  EXPECT_EQ(to_string(Money{210'000}), "$0.00021");
  EXPECT_EQ(to_string(Money{1'500'000'000}), "$1.50");
  EXPECT_EQ(to_string(Money{-1}), "-$0.000000001");
  EXPECT_EQ(to_string(Money{0}), "$0.00");
}

TEST(CancelTest, a_child_is_cancelled_with_its_parent_and_not_the_other_way_round) {
  CancelSource parent;
  CancelSource child(parent.token());
  CancelSource other(parent.token());
  other.cancel(CancelReason::superseded);
  EXPECT_FALSE(parent.token().cancelled());
  EXPECT_FALSE(child.token().cancelled());
  parent.cancel(CancelReason::client_gone);
  EXPECT_EQ(child.token().reason(), CancelReason::client_gone);
  EXPECT_EQ(other.token().reason(), CancelReason::superseded) << "the first reason wins";
}

TEST(CancelTest, a_late_subscriber_hears_at_once_and_an_unlinked_one_never) {
  CancelSource source;
  int heard = 0;
  const auto count = [](void* self, CancelReason) { ++*static_cast<int*>(self); };
  {
    CancelCallback gone;
    source.token().subscribe(gone, count, &heard);
  }
  source.cancel(CancelReason::deadline);
  EXPECT_EQ(heard, 0);
  CancelCallback late;
  source.token().subscribe(late, count, &heard);
  EXPECT_EQ(heard, 1);
}

struct Gate {
  std::coroutine_handle<> waiter;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiter = h; }
  void await_resume() const noexcept {}
};

Task<void> wait_at(Outlives<Gate> gate) { co_await gate.object; }

TEST(ScopeTest, drain_waits_for_every_task) {
  Gate gate;
  Scope scope;
  scope.spawn(wait_at, Outlives<Gate>{gate});
  EXPECT_EQ(scope.running(), 1U);
  gate.waiter.resume();
  EXPECT_EQ(scope.running(), 0U);
}

}  // namespace
}  // namespace plimsoll
