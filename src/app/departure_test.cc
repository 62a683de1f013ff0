// Goal: a client that goes stops a call as its feature says, at the moment it
// says, and whatever runs for that ends with the call.
// Method: a call of its own, a clock that the test moves.
#include "app/departure.h"

#include <gtest/gtest.h>

#include "ports/fakes/fake_timers.h"

namespace plimsoll::app {
namespace {

class DepartureTest : public testing::Test {
 protected:
  void go(ClientGone then) {
    feature_.disconnect = {.then = then, .within = milliseconds{100}};
    call_.feature = &feature_;
    call_.allowance->attempts_left = 3;
    departure_.emplace(call_, client_.token(), drain_over_.token(), timers_);
  }
  CancelReason stopped() const { return call_.cancel.reason(); }
  void end() {
    departure_->see_through([]() -> Task<void> { co_return; }()).run_ready();
  }

  ports::FakeTimers timers_;
  CancelSource client_, drain_over_;
  Feature feature_;
  Call call_{.allowance = std::make_shared<Allowance>()};
  std::optional<Departure> departure_;
};

TEST_F(DepartureTest, drain_takes_further_attempts_away_and_stops_after_its_time) {
  go(ClientGone::drain);
  client_.cancel(CancelReason::client_gone);
  EXPECT_EQ(call_.allowance->attempts_left, 0);
  EXPECT_EQ(stopped(), CancelReason::none);
  timers_.advance(milliseconds{99});
  EXPECT_EQ(stopped(), CancelReason::none);
  timers_.advance(milliseconds{1});
  EXPECT_EQ(stopped(), CancelReason::client_gone);
  end();
}

TEST_F(DepartureTest, complete_changes_nothing) {
  go(ClientGone::complete);
  client_.cancel(CancelReason::client_gone);
  timers_.advance(std::chrono::hours{1});
  EXPECT_EQ(stopped(), CancelReason::none);
  EXPECT_EQ(call_.allowance->attempts_left, 3);
  end();
}

TEST_F(DepartureTest, a_shutdown_stops_every_call) {
  for (const ClientGone then : {ClientGone::drain, ClientGone::complete}) {
    CancelSource client;
    feature_.disconnect.then = then;
    call_.feature = &feature_;
    Departure departure(call_, client.token(), {}, timers_);
    client.cancel(CancelReason::shutdown);
    EXPECT_EQ(stopped(), CancelReason::shutdown);
  }
}

TEST_F(DepartureTest, the_end_of_a_drain_stops_a_call_whose_client_left_before) {
  go(ClientGone::complete);
  client_.cancel(CancelReason::client_gone);
  EXPECT_EQ(stopped(), CancelReason::none);
  drain_over_.cancel(CancelReason::shutdown);
  EXPECT_EQ(stopped(), CancelReason::shutdown);
  end();
}

TEST_F(DepartureTest, a_bug_in_the_call_travels_on) {
  go(ClientGone::drain);
  auto thrown = [](bool really) -> Task<void> {
    if (really) throw std::bad_alloc();
    co_return;
  };
  EXPECT_THROW(departure_->see_through(thrown(true)).run_ready(), std::bad_alloc);
}

}  // namespace
}  // namespace plimsoll::app
