#include "stages/budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "stages/internal/control_timer.h"

namespace plimsoll::stages {
namespace {

constexpr std::int64_t kPerMillion = 1'000'000;
constexpr std::int64_t kBytesPerToken = 4;  // for estimates; a bound is one byte a token

/// Set aside for an output that nothing limits, when there is no cost ceiling.
constexpr std::int64_t kAssumedOutputTokens = 16'384;

using Tokens = std::optional<std::int64_t>;

Tokens smaller(Tokens a, Tokens b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

/// Output tokens that `money` buys after `input` tokens are paid, per choice.
std::int64_t affordable_output(Money money, std::int64_t input, const Price& price, int choices) {
  const Money rest = money - cost_of({.input = input}, price);
  if (rest.nanos < 0) return 0;
  if (price.output <= 0) return kAssumedOutputTokens;
  __extension__ using Wide = __int128;
  const Wide tokens = Wide{rest.nanos} * kPerMillion / price.output / std::max(choices, 1);
  return static_cast<std::int64_t>(std::min<Wide>(tokens, std::int64_t{1} << 40));
}

std::unexpected<Error> too_costly(const WorstCase& worst, Money left, std::int64_t affordable) {
  return fail(
      ErrorKind::cost_ceiling,
      fmt::format("this request may cost up to {}; {} is left of its ceiling",
                  to_string(*worst.cost), to_string(left)),
      affordable > 0
          ? fmt::format("lower max_tokens to {}, or raise objectives.cost.per_request", affordable)
          : "shorten the input, or raise objectives.cost.per_request");
}

}  // namespace

Result<WorstCase> worst_case(const Request& request, const Feature& feature,
                             const ModelEntry& model, std::optional<Money> cost_left) {
  const Tokens ours = feature.objectives.output_tokens_max;
  const Tokens models = model.output_tokens_max > 0 ? Tokens(model.output_tokens_max) : Tokens();
  Tokens limit = smaller(request.output_tokens_max, ours);
  const int choices = std::max(request.choices, 1);

  WorstCase worst{.input_tokens = static_cast<std::int64_t>(request.body.size())};
  const auto use = [&](std::int64_t per_choice) {
    worst.output_tokens = per_choice * choices;
    if (model.price)
      worst.cost =
          cost_of({.input = worst.input_tokens, .output = worst.output_tokens}, *model.price);
  };
  use(smaller(limit, models).value_or(kAssumedOutputTokens));

  if (cost_left) {
    if (!model.price)
      return fail(ErrorKind::price_unknown,
                  fmt::format("feature \"{}\" has a cost ceiling and model \"{}\" has no price",
                              feature.name, model.name),
                  "give the model a `price`, or take the cost objective away");
    if (*worst.cost > *cost_left) {
      const std::int64_t affordable =
          affordable_output(*cost_left, worst.input_tokens, *model.price, choices);
      if (limit || affordable < 1) return too_costly(worst, *cost_left, affordable);
      limit = affordable;
      use(affordable);
    }
  }
  if (limit != request.output_tokens_max) worst.upstream_limit = limit;
  return worst;
}

namespace {

/// Who pays for one attempt, and from what.
struct Booking {
  std::shared_ptr<Trail> trail;
  std::shared_ptr<Allowance> allowance;
  std::shared_ptr<const Plan> plan;  // keeps `price` alive
  std::shared_ptr<const ModelEntry> ad_hoc;
  std::size_t attempt = 0;
  const std::optional<Price>* price = nullptr;
  std::unique_ptr<Hold> hold;
  std::int64_t input_estimate = 0;
};

/// Books `usage` on the attempt, the account and the call's ceiling.
void settle(Booking& booking, const Usage& usage, bool estimated, Deadline now) {
  AttemptTrail& attempt = booking.trail->attempts[booking.attempt];
  attempt.usage = usage;
  attempt.usage_estimated = estimated;
  attempt.cost.reset();
  if (*booking.price) attempt.cost = cost_of(usage, **booking.price);
  if (attempt.ended < nanoseconds{0}) attempt.ended = now - booking.trail->started;
  const Money charged = attempt.cost.value_or(Money{});
  booking.hold->settle(charged);
  if (booking.allowance->cost_left)
    booking.allowance->cost_left = *booking.allowance->cost_left - charged;
}

/// Watches a reply for its usage and settles at its end, or when it dies before. Without a report
/// from the upstream an estimate is booked.
class MeteredEvents final : public EventSource {
 public:
  MeteredEvents(std::unique_ptr<EventSource> inner, Booking booking, const ports::Timers& timers)
      : inner_(std::move(inner)), booking_(std::move(booking)), timers_(timers) {}

  ~MeteredEvents() override { settle_once(); }

  Task<Result<std::optional<Event>>> next() override {
    auto event = co_await inner_->next();
    if (!event) note(event.error());
    if (event && event->has_value())
      count(**event);
    else
      settle_once();
    co_return event;
  }

  bool ready() const noexcept override { return inner_->ready(); }

 private:
  void count(const Event& event) {
    if (event.usage) usage_ = event.usage;
    for (const Delta& delta : event.deltas)
      content_bytes_ += static_cast<std::int64_t>(delta.text.size());
    if (event.whole)
      for (const Choice& choice : event.whole->choices)
        content_bytes_ += static_cast<std::int64_t>(choice.text.size());
    AttemptTrail& attempt = booking_.trail->attempts[booking_.attempt];
    if (attempt.first_content < nanoseconds{0} && event.has_content())
      attempt.first_content = timers_.now() - booking_.trail->started;
  }

  void note(const Error& error) {
    AttemptTrail& attempt = booking_.trail->attempts[booking_.attempt];
    attempt.error = error.kind;
    attempt.error_text = error.what;
  }

  void settle_once() {
    if (std::exchange(settled_, true)) return;
    const Usage guess{.input = booking_.input_estimate,
                      .output = (content_bytes_ + kBytesPerToken - 1) / kBytesPerToken};
    settle(booking_, usage_.value_or(guess), !usage_.has_value(), timers_.now());
  }

  std::unique_ptr<EventSource> inner_;
  Booking booking_;
  const ports::Timers& timers_;
  std::optional<Usage> usage_;
  std::int64_t content_bytes_ = 0;
  bool settled_ = false;
};

/// An attempt that brought no reply: free when the upstream never got it or
/// refused it; else the input was read, and is booked as an estimate.
void settle_failed(Booking& booking, const Error& error, Deadline now) {
  const int status = booking.trail->attempts[booking.attempt].status;
  const bool never_ran = error.kind == ErrorKind::upstream_unreachable ||
                         error.kind == ErrorKind::request_invalid ||  // could not be carried over
                         error.kind == ErrorKind::upstream_timeout_connect || status >= 300;
  if (never_ran) {
    AttemptTrail& attempt = booking.trail->attempts[booking.attempt];
    attempt.cost = Money{};
    attempt.ended = now - booking.trail->started;
    return;  // the hold gives everything back
  }
  settle(booking, {.input = booking.input_estimate}, true, now);
}

}  // namespace

Task<Result<Reply>> Budget::handle(Call call, pipeline::Next next) const {
  const ControlTimer timer(timers_, "budget", *call.trail);
  const int attempt = static_cast<int>(call.attempt);
  auto worst =
      worst_case(*call.request, *call.feature, *call.target.model, call.allowance->cost_left);
  if (!worst) {
    call.trail->attempts[call.attempt].cost = Money{};
    timer.refused(*call.trail, attempt);
    co_return std::unexpected(std::move(worst).error());
  }
  const Money most = worst->cost.value_or(Money{});
  auto hold = co_await accounts_.reserve(call.account, most, call.attempt_deadline);
  if (!hold) {
    call.trail->attempts[call.attempt].cost = Money{};
    timer.refused(*call.trail, attempt);
    co_return std::unexpected(std::move(hold).error());
  }
  call.trail->attempts[call.attempt].reserved = most;
  timer.passed(*call.trail, attempt, worst->cost ? "" : "price unknown");

  Booking booking{
      .trail = call.trail,
      .allowance = call.allowance,
      .plan = call.plan,
      .ad_hoc = call.ad_hoc_model,
      .attempt = call.attempt,
      .price = &call.target.model->price,
      .hold = std::move(*hold),
      .input_estimate = static_cast<std::int64_t>(call.request->body.size()) / kBytesPerToken};
  call.output_tokens_max = worst->upstream_limit;
  auto reply = co_await next(std::move(call));
  if (!reply) {
    settle_failed(booking, reply.error(), timers_.now());
    co_return std::unexpected(std::move(reply).error());
  }
  reply->events =
      std::make_unique<MeteredEvents>(std::move(reply->events), std::move(booking), timers_);
  co_return reply;
}

}  // namespace plimsoll::stages
