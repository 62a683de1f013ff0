#include "app/departure.h"

#include <exception>

namespace plimsoll::app {

Departure::Departure(Call& call, CancelToken client, CancelToken drain_over, ports::Timers& timers)
    : work_(drain_over),
      rules_(call.feature->disconnect),
      allowance_(call.allowance),
      timers_(timers) {
  call.cancel = work_.token();
  client.subscribe(gone_, &Departure::on_gone, this);
}

Task<void> Departure::see_through(Task<void> work) {
  std::exception_ptr failure;
  try {
    co_await std::move(work);
  } catch (...) {
    failure = std::current_exception();
  }
  over_.cancel(CancelReason::superseded);
  co_await scope_.drain();
  if (failure) std::rethrow_exception(failure);
}

void Departure::on_gone(void* self, CancelReason reason) {
  auto& departure = *static_cast<Departure*>(self);
  if (reason != CancelReason::client_gone) return departure.work_.cancel(reason);
  if (departure.rules_.then != ClientGone::drain) return;
  departure.allowance_->attempts_left = 0;  // what runs may end, nothing more begins
  departure.scope_.spawn(&Departure::stop_later, Outlives<Departure>{departure});
}

Task<void> Departure::stop_later(Outlives<Departure> departure) {
  Departure& self = departure.object;
  const Deadline until = self.timers_.now() + self.rules_.within;
  auto waited = co_await self.timers_.sleep_until(until, self.over_.token());
  if (waited) self.work_.cancel(CancelReason::client_gone);
}

}  // namespace plimsoll::app
