// Goal: results come in the order in which tasks end, once each, and whoever
// takes the last one may end the race there and then.
// Method: tasks that wait for a clock the test moves.
#include "base/race.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <vector>

#include "ports/fakes/fake_timers.h"

namespace plimsoll {
namespace {

using std::chrono::milliseconds;

Task<int> after(ports::FakeTimers& timers, int ms) {
  auto slept = co_await timers.sleep_until(timers.now() + milliseconds{ms}, {});
  co_return slept ? ms : -1;
}

Task<int> at_once(int value) { co_return value; }

Task<int> fails() {
  throw std::bad_alloc();
  co_return 0;
}

Task<void> take_all(std::unique_ptr<Race<int>> race, std::vector<int>& taken) {
  while (race->left() > 0) taken.push_back(co_await race->next());
}

TEST(RaceTest, results_come_in_the_order_of_their_ends) {
  ports::FakeTimers timers;
  std::vector<int> taken;
  auto race = std::make_unique<Race<int>>();
  race->start(after(timers, 30));
  race->start(after(timers, 10));
  race->start(at_once(0));
  Race<int> outer;
  outer.start([](std::unique_ptr<Race<int>> inner, std::vector<int>& into) -> Task<int> {
    co_await take_all(std::move(inner), into);
    co_return 1;
  }(std::move(race), taken));
  EXPECT_EQ(taken, std::vector<int>{0});
  timers.advance(milliseconds{20});
  EXPECT_EQ(taken, (std::vector<int>{0, 10}));
  timers.advance(milliseconds{20});
  EXPECT_EQ(taken, (std::vector<int>{0, 10, 30}));
  [](Race<int>& all) -> Task<void> { EXPECT_EQ(co_await all.next(), 1); }(outer).run_ready();
}

TEST(RaceTest, what_a_task_throws_is_thrown_where_it_is_taken) {
  Race<int> race;
  race.start(fails());
  EXPECT_THROW([](Race<int>& all) -> Task<void> { (void)co_await all.next(); }(race).run_ready(),
               std::bad_alloc);
  EXPECT_EQ(race.left(), 0U);
}

}  // namespace
}  // namespace plimsoll
