#include "stages/record.h"

#include <span>
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

/// Writes the lowest groups of five bits of `value` over `out`, highest first.
void write_base32(std::span<char> out, std::uint64_t value) {
  for (std::size_t i = out.size(); i-- > 0; value >>= 5U) out[i] = kCrockford[value & 31U];
}

}  // namespace

std::string new_call_id(WallTime now, ports::Random& random) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::string id(28, '_');
  id[0] = 'c';
  const std::span<char> digits(id.data() + 2, id.size() - 2);
  write_base32(digits.first(10), static_cast<std::uint64_t>(ms.count()));
  write_base32(digits.subspan(10, 8), random.next());
  write_base32(digits.last(8), random.next());
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

Task<Result<Reply>> Record::handle(Call& call, pipeline::Next next) const {
  const std::shared_ptr<Trail> trail = call.trail;
  trail->controls.reserve(12);
  trail->controls.push_back({.control = "record"});
  trail->control_ended = timers_.now();
  auto reply = co_await next(call);
  if (!reply) {
    trail->error = reply.error().kind;
    trail->error_text = reply.error().what;
    co_return std::unexpected(std::move(reply).error());
  }
  reply->events = std::make_unique<RecordedEvents>(std::move(reply->events), trail, timers_);
  co_return reply;
}

}  // namespace plimsoll::stages
