// Goal: timers never fire early, end in O(1), and work posted from anywhere runs
// on the loop's own thread.
// Method: the wheel is driven with made-up times; the loop with real ones, where
// we only assert what holds on a machine of any speed.
#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "net/internal/cpu_quota.h"
#include "net/internal/timer_wheel.h"

namespace plimsoll::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Fired {
  std::vector<int> order;
};
struct Mark {
  Fired* fired;
  int number;
  TimerEntry entry;
  static void run(void* self) {
    auto& mark = *static_cast<Mark*>(self);
    mark.fired->order.push_back(mark.number);
  }
};

class TimerWheelTest : public ::testing::Test {
 protected:
  void arm(Mark& mark, milliseconds after) {
    wheel.arm(mark.entry, start + after, &Mark::run, &mark);
  }

  Fired fired;
  TimerWheel wheel;
  const Deadline start = Clock::now();
};

TEST_F(TimerWheelTest, an_empty_wheel_wants_no_wake_up) { EXPECT_EQ(wheel.wake_at(), kNoDeadline); }

TEST_F(TimerWheelTest, an_entry_never_runs_before_its_time_and_at_most_a_tick_late) {
  Mark mark{.fired = &fired, .number = 1, .entry = {}};
  arm(mark, milliseconds(100));
  wheel.advance(start + milliseconds(99));
  EXPECT_TRUE(fired.order.empty());
  wheel.advance(start + milliseconds(100) + TimerWheel::kTick);
  EXPECT_EQ(fired.order, std::vector<int>{1});
  EXPECT_EQ(wheel.size(), 0U);
}

TEST_F(TimerWheelTest, an_entry_many_rounds_away_is_passed_over_until_it_is_due) {
  Mark mark{.fired = &fired, .number = 1, .entry = {}};
  arm(mark, seconds(75));
  for (Deadline now = start; now < start + seconds(75); now = wheel.wake_at()) {
    wheel.advance(now);
    ASSERT_TRUE(fired.order.empty());
  }
  wheel.advance(start + seconds(75) + TimerWheel::kTick);
  EXPECT_EQ(fired.order.size(), 1U);
}

TEST_F(TimerWheelTest, an_unlinked_entry_does_not_run) {
  Mark mark{.fired = &fired, .number = 1, .entry = {}};
  arm(mark, milliseconds(50));
  mark.entry.unlink();
  wheel.advance(start + seconds(1));
  EXPECT_TRUE(fired.order.empty());
  EXPECT_EQ(wheel.wake_at(), kNoDeadline);
}

TEST_F(TimerWheelTest, a_later_entry_needs_no_sooner_wake_up_and_a_nearer_one_does) {
  Mark far{.fired = &fired, .number = 1, .entry = {}},
      near{.fired = &fired, .number = 2, .entry = {}};
  Mark later{.fired = &fired, .number = 3, .entry = {}};
  EXPECT_TRUE(wheel.arm(far.entry, start + seconds(4), &Mark::run, &far));
  wheel.wake_at();
  EXPECT_FALSE(wheel.arm(later.entry, start + seconds(5), &Mark::run, &later));
  EXPECT_TRUE(wheel.arm(near.entry, start + seconds(1), &Mark::run, &near));
}

TEST_F(TimerWheelTest, an_entry_may_unlink_another_that_is_due_at_the_same_time) {
  struct Killer {
    TimerEntry entry;
    Mark* victim;
    static void run(void* self) { static_cast<Killer*>(self)->victim->entry.unlink(); }
  };
  Mark victim{.fired = &fired, .number = 1, .entry = {}};
  Killer killer{.entry = {}, .victim = &victim};
  wheel.arm(killer.entry, start + milliseconds(20), &Killer::run, &killer);
  arm(victim, milliseconds(20));
  wheel.advance(start + seconds(1));
  EXPECT_TRUE(fired.order.empty());
}

TEST(LoopTest, work_posted_from_another_thread_runs_on_the_loops_thread) {
  LoopGroup loops(2);
  loops.start();
  std::thread::id where;
  Loop* current = nullptr;
  loops.run_on(1, [&](Loop&) -> Task<void> {
    where = std::this_thread::get_id();
    current = Loop::current_or_null();
    co_return;
  });
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(current, &loops.at(1));
  EXPECT_EQ(Loop::current_or_null(), nullptr);
}

Task<void> sleep_and_note(Loop& loop, Clock::duration& coarse, Clock::duration& exact) {
  const Deadline start = Clock::now();
  auto slept = co_await loop.sleep_until(start + milliseconds(30), {});
  coarse = Clock::now() - start;
  EXPECT_TRUE(slept.has_value());
  const Deadline again = Clock::now();
  slept = co_await loop.sleep_until_exact(again + milliseconds(5), {});
  exact = Clock::now() - again;
  EXPECT_TRUE(slept.has_value());
}

TEST(LoopTest, a_sleep_never_ends_before_its_time) {
  LoopGroup loops(1);
  loops.start();
  Clock::duration coarse{}, exact{};
  loops.run_on(0, [&](Loop& loop) { return sleep_and_note(loop, coarse, exact); });
  EXPECT_GE(coarse, milliseconds(30));
  EXPECT_GE(exact, milliseconds(5));
}

Task<void> sleep_cancelled(Loop& loop, bool exact, ErrorKind& kind, bool& inside_cancel) {
  CancelSource source;
  bool cancelling = false;
  loop.post([&] {
    cancelling = true;
    source.cancel(CancelReason::client_gone);
    cancelling = false;
  });
  const Deadline far = Clock::now() + std::chrono::hours(1);
  auto slept = exact ? co_await loop.sleep_until_exact(far, source.token())
                     : co_await loop.sleep_until(far, source.token());
  inside_cancel = cancelling;
  kind = slept.has_value() ? ErrorKind::internal_bug : slept.error().kind;
}

TEST(LoopTest, a_cancelled_sleep_ends_through_the_loop_not_inside_cancel) {
  LoopGroup loops(1);
  loops.start();
  for (const bool exact : {false, true}) {
    ErrorKind kind = ErrorKind::internal_bug;
    bool inside = true;
    loops.run_on(0, [&](Loop& loop) { return sleep_cancelled(loop, exact, kind, inside); });
    EXPECT_EQ(kind, ErrorKind::cancelled);
    EXPECT_FALSE(inside);
  }
}

TEST(UsableCpusTest, a_quota_is_rounded_up_and_no_quota_is_none) {
  EXPECT_EQ(cpus_of_quota("150000 100000"), 2U);
  EXPECT_EQ(cpus_of_quota("50000 100000"), 1U);
  EXPECT_EQ(cpus_of_quota("max 100000"), std::nullopt);
  EXPECT_EQ(cpus_of_quota("-1 100000"), std::nullopt);
  EXPECT_EQ(cpus_of_quota(""), std::nullopt);
  EXPECT_GE(usable_cpus(), 1U);
}

}  // namespace
}  // namespace plimsoll::net
