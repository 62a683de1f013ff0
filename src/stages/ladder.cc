#include "stages/ladder.h"

#include <utility>

#include "stages/internal/climb.h"
#include "stages/internal/continuation.h"

namespace plimsoll::stages {
namespace {

/// A climb that goes on after the stage has returned, and the call it is about.
struct OwnClimb {
  OwnClimb(const Call& original, pipeline::Next next, ClimbPorts ports)
      : call(original), climb(call, next, ports) {}
  OwnClimb(const OwnClimb&) = delete;
  OwnClimb& operator=(const OwnClimb&) = delete;

  Call call;
  Climb climb;
};

/// A stream on its way out. Tells its target how it ended, and where it breaks
/// after its first released byte goes on with the answer of another target, if
/// the feature wants that and the text allows it. A stream that is dropped before
/// its end says nothing about its target: the client left.
class LadderEvents final : public EventSource {
 public:
  LadderEvents(std::unique_ptr<OwnClimb> own, Reached reached)
      : own_(std::move(own)),
        reached_(std::move(reached)),
        resumes_(own_->call.feature->commit == Commit::resume && !own_->climb.is_last_place()) {}

  Task<Result<std::optional<Event>>> next() override {
    while (!over_) {
      auto event = co_await reached_.reply.events->next();
      if (!event) {
        auto resumed = co_await resume(std::move(event).error());
        if (!resumed) co_return std::unexpected(std::move(resumed).error());
        continue;
      }
      if (!event->has_value()) {
        over_ = true;
        reached_.permit.succeeded(own_->climb.timers().now());
        co_return event;
      }
      if (!broken_ && !may_follow(**event)) resumes_ = false;
      if (!resumes_) co_return event;
      auto released = sent_.take(std::move(**event));
      if (!released) co_return std::unexpected(give_up());
      if (released->has_value()) co_return released;
    }
    co_return std::optional<Event>();
  }

  bool ready() const noexcept override {
    return !over_ && !sent_.catching_up() && reached_.reply.events->ready();
  }

 private:
  /// Whether another answer could go on behind the bytes of this event: not where
  /// they pass as they came, and number what they belong to. After a rescue all is
  /// written anew.
  bool may_follow(const Event& event) const {
    const Dialect clients = own_->call.request->dialect;
    return event.dialect != clients || events_stand_alone(clients);
  }

  /// Errors: the one that broke the stream first, whatever went wrong since.
  Task<Result<void>> resume(Error error) {
    reached_.permit.failed(error.kind, own_->climb.timers().now());
    if (!broken_) broken_ = error;
    if (!resumes_ || !sent_.restart()) co_return std::unexpected(give_up());
    // The broken attempt is settled before the next one asks for money.
    reached_.reply.events.reset();
    auto reached = co_await own_->climb.rescue(std::move(error));
    if (!reached) co_return std::unexpected(give_up());
    note("resumed", true);
    reached_ = std::move(*reached);
    co_return Result<void>();
  }

  Error give_up() {
    over_ = true;
    reached_.reply.events.reset();
    if (resumes_) note("not resumed", false);
    return broken_.value_or(Error{});
  }

  void note(std::string_view words, bool passed) const {
    own_->call.trail->controls.push_back({.control = "ladder", .passed = passed, .note = words});
  }

  std::unique_ptr<OwnClimb> own_;
  Reached reached_;
  Continuation sent_;
  std::optional<Error> broken_;  // what broke the stream first
  bool resumes_;
  bool over_ = false;
};

}  // namespace

Task<Result<Reply>> Ladder::handle(Call& call, pipeline::Next next) const {
  const bool may_break = call.request->stream && call.feature->output.mode() == StreamMode::pass;
  const ClimbPorts ports{
      .timers = timers_, .random = random_, .targets = targets_, .corrections = corrections_};
  if (!may_break) {
    Climb climb(call, next, ports);
    PLIMSOLL_CO_TRY(Reached reached, co_await climb.reach());
    reached.permit.succeeded(timers_.now());
    co_return std::move(reached.reply);
  }
  auto own = std::make_unique<OwnClimb>(call, next, ports);
  PLIMSOLL_CO_TRY(Reached reached, co_await own->climb.reach());
  Reply reply{.status = reached.reply.status,
              .streamed = reached.reply.streamed,
              .headers = std::move(reached.reply.headers)};
  reply.events = std::make_unique<LadderEvents>(std::move(own), std::move(reached));
  co_return reply;
}

}  // namespace plimsoll::stages
