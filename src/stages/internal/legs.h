#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/cancel.h"
#include "model/call.h"
#include "model/event.h"
#include "ports/target_health.h"

namespace plimsoll::stages {

/// One of two attempts of a call that run at the same time, with what must live
/// as long as it does: its own copy of the call, the means to stop it alone, and
/// the leave it runs under.
struct Leg {
  Leg(const Call& from, ports::Permit leave, std::size_t at)
      : stop(from.cancel), call(from), permit(std::move(leave)), place(at) {
    call.cancel = stop.token();
  }

  CancelSource stop;
  Call call;
  ports::Permit permit;
  std::size_t place;  // of the rung
};

/// The events of the leg that won, which is kept while they are read.
class LegEvents final : public EventSource {
 public:
  LegEvents(std::unique_ptr<Leg> leg, std::unique_ptr<EventSource> inner)
      : leg_(std::move(leg)), inner_(std::move(inner)) {}

  Task<Result<std::optional<Event>>> next() override { return inner_->next(); }
  bool ready() const noexcept override { return inner_->ready(); }

 private:
  std::unique_ptr<Leg> leg_;  // outlives what listens to its `stop`
  std::unique_ptr<EventSource> inner_;
};

}  // namespace plimsoll::stages
