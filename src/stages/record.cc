#include "stages/record.h"

#include <array>
#include <utility>

namespace plimsoll::stages {
namespace {

/// Notes when the first event passed and with which error the stream ended.
class RecordedEvents final : public EventSource {
 public:
  RecordedEvents(std::unique_ptr<EventSource> inner, std::shared_ptr<Trail> trail,
                 const ports::Timers& timers)
      : inner_(std::move(inner)), trail_(std::move(trail)), timers_(timers) {}

  Task<Result<std::optional<Event>>> next() override {
    auto event = co_await inner_->next();
    if (!event)
      note(event.error());
    else if (event->has_value() && trail_->first_byte < nanoseconds{0})
      trail_->first_byte = timers_.now() - trail_->started;
    co_return event;
  }

  bool ready() const noexcept override { return inner_->ready(); }

 private:
  void note(const Error& error) {
    trail_->error = error.kind;
    trail_->error_text = error.what;
  }

  std::unique_ptr<EventSource> inner_;
  std::shared_ptr<Trail> trail_;
  const ports::Timers& timers_;
};

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes the lowest `digits` groups of five bits of `value`, highest first.
void append_base32(std::string& out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i)
    out += kCrockford[(value >> (5U * static_cast<unsigned>(i))) & 31U];
}

}  // namespace

std::string new_call_id(WallTime now, ports::Random& random) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::string id = "c_";
  id.reserve(28);
  append_base32(id, static_cast<std::uint64_t>(ms.count()), 10);
  append_base32(id, random.next(), 8);
  append_base32(id, random.next(), 8);
  return id;
}

OpenTrail::OpenTrail(ports::TrailSink& sink, const ports::Timers& timers, ports::Random& random)
    : sink_(sink), timers_(timers), trail_(std::make_shared<Trail>()) {
  trail_->started = timers.now();
  trail_->started_wall = timers.wall_now();
  trail_->call_id = new_call_id(trail_->started_wall, random);
}

OpenTrail::~OpenTrail() {
  trail_->duration = timers_.now() - trail_->started;
  sink_.take(std::move(trail_));
}

Task<Result<Reply>> Record::handle(Call call, pipeline::Next next) const {
  const std::shared_ptr<Trail> trail = call.trail;
  trail->controls.reserve(12);
  trail->controls.push_back({.control = "record"});
  auto reply = co_await next(std::move(call));
  if (!reply) {
    trail->error = reply.error().kind;
    trail->error_text = reply.error().what;
    co_return std::unexpected(std::move(reply).error());
  }
  reply->events = std::make_unique<RecordedEvents>(std::move(reply->events), trail, timers_);
  co_return reply;
}

}  // namespace plimsoll::stages
