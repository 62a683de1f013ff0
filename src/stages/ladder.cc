#include "stages/ladder.h"

#include "stages/internal/climb.h"

namespace plimsoll::stages {
namespace {

/// Tells the target how a stream ended. One that is dropped before its end says
/// nothing: the client left.
class WatchedEvents final : public EventSource {
 public:
  WatchedEvents(std::unique_ptr<EventSource> inner, ports::Permit permit,
                const ports::Timers& timers)
      : inner_(std::move(inner)), permit_(std::move(permit)), timers_(timers) {}

  Task<Result<std::optional<Event>>> next() override {
    auto event = co_await inner_->next();
    if (!event)
      permit_.failed(event.error().kind, timers_.now());
    else if (!event->has_value())
      permit_.succeeded(timers_.now());
    co_return event;
  }

  bool ready() const noexcept override { return inner_->ready(); }

 private:
  std::unique_ptr<EventSource> inner_;
  ports::Permit permit_;
  const ports::Timers& timers_;
};

}  // namespace

Task<Result<Reply>> Ladder::handle(Call call, pipeline::Next next) const {
  const bool may_break = call.request->stream && call.feature->output.mode() == StreamMode::pass;
  const ClimbPorts ports{.timers = timers_, .random = random_, .targets = targets_};
  Climb climb(std::move(call), next, ports);
  PLIMSOLL_CO_TRY(Reached reached, co_await climb.reach());
  if (may_break)
    reached.reply.events = std::make_unique<WatchedEvents>(std::move(reached.reply.events),
                                                           std::move(reached.permit), timers_);
  else
    reached.permit.succeeded(timers_.now());
  co_return std::move(reached.reply);
}

}  // namespace plimsoll::stages
