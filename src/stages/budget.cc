#include "stages/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "stages/internal/control_timer.h"
#include "stages/internal/targets.h"
#include "tokens/family.h"

namespace plimsoll::stages {
namespace {

constexpr std::int64_t kPerMillion = 1'000'000;
constexpr std::int64_t kBytesPerToken = 4;  // for estimates; a bound is one byte a token

/// Set aside for an output that nothing limits, when there is no cost ceiling.
constexpr std::int64_t kAssumedOutputTokens = 16'384;

/// Tokens of a turn, or of a field, around what a correction says.
constexpr std::int64_t kCorrectionFraming = 64;

using Tokens = std::optional<std::int64_t>;

Tokens smaller(Tokens a, Tokens b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

/// The input at its dearest: written to a cache where that costs more. Anthropic
/// writes only what a request marks; others write on their own.
Usage dearest_input(const Request& request, const ModelEntry& model, std::int64_t tokens) {
  Usage usage{.input = tokens};
  const bool dearer = model.price && model.price->cache_write.value_or(0) > model.price->input;
  if (!dearer) return usage;
  const bool marked = request.body.find("cache_control") != std::string::npos;
  const bool only_marked = model.upstream_model.find("claude") != std::string::npos;
  if (marked || !only_marked) usage.cache_write_input = tokens;
  return usage;
}

/// Output tokens that `money` buys after `input` is paid, per choice.
std::int64_t affordable_output(Money money, const Usage& input, const Price& price, int choices) {
  const Money rest = money - cost_of(input, price);
  if (rest.nanos < 0) return 0;
  const bool is_long = price.long_prompt && input.input > price.long_prompt->above;
  const std::int64_t each = is_long ? price.long_prompt->output : price.output;
  if (each <= 0) return kAssumedOutputTokens;
  __extension__ using Wide = __int128;
  const Wide tokens = Wide{rest.nanos} * kPerMillion / each / std::max(choices, 1);
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
                             const ModelEntry& model, const Bounds& bounds) {
  const std::optional<Money> cost_left = bounds.cost_left;
  const Tokens ours = feature.objectives.output_tokens_max;
  const Tokens models = model.output_tokens_max > 0 ? Tokens(model.output_tokens_max) : Tokens();
  Tokens limit = smaller(smaller(request.output_tokens_max, ours), bounds.output_tokens_max);
  const int choices = std::max(request.choices, 1);

  WorstCase worst{.input_tokens = bounds.input_tokens_most};
  const Usage input = dearest_input(request, model, worst.input_tokens);
  const auto use = [&](std::int64_t per_choice) {
    worst.output_tokens = std::max<std::int64_t>(per_choice, 0) * choices;
    Usage most = input;
    most.output = worst.output_tokens;
    if (model.price) worst.cost = cost_of(most, *model.price);
  };
  use(smaller(limit, models).value_or(kAssumedOutputTokens));

  if (cost_left) {
    if (!model.price)
      return fail(ErrorKind::price_unknown,
                  fmt::format("feature \"{}\" has a cost ceiling and model \"{}\" has no price",
                              feature.name, model.name),
                  "give the model a `price`, or take the cost objective away");
    if (*worst.cost > *cost_left) {
      const std::int64_t affordable = affordable_output(*cost_left, input, *model.price, choices);
      if (limit || affordable < 1) return too_costly(worst, *cost_left, affordable);
      limit = affordable;
      use(affordable);
      worst.narrowed = true;
    }
  }
  if (bounds.limit_output && !limit) limit = smaller(kAssumedOutputTokens, models);
  if (limit != request.output_tokens_max) worst.upstream_limit = limit;
  return worst;
}

namespace {

/// Who pays for one attempt, and from what.
struct Booking {
  std::shared_ptr<Trail> trail;
  std::shared_ptr<Allowance> allowance;
  std::shared_ptr<const ModelEntry> ad_hoc;
  std::shared_ptr<const Request> request;
  std::size_t attempt = 0;
  const ModelEntry* model = nullptr;  // in `ad_hoc`, or in the plan of the pipeline
  std::unique_ptr<Hold> hold;
  std::unique_ptr<Hold> budget_hold{};  // null where no budget applies
  Money most{};                         // of each
  std::optional<PromptTokens> prompt;   // as `model` counts it, when it was counted
};

/// Input tokens of an attempt whose upstream told no usage.
std::int64_t input_estimate(const Booking& booking, const tokens::Calibration& calibration) {
  if (booking.prompt) return booking.prompt->tokens;
  return prompt_tokens_at_once(*booking.request, *booking.model, calibration);
}

/// What was billed teaches the next estimate, where one was made by guessing.
void learn(const Booking& booking, const Usage& usage, tokens::Calibration& calibration) {
  if (!booking.prompt || tokens::family_of(booking.model->upstream_model).exact) return;
  calibration.observe(booking.model->upstream_model, booking.prompt->uncorrected, usage.input);
}

/// What an attempt may cost is not there for another one beside it; what it did not
/// cost is there again.
void set_aside(const Booking& booking) {
  auto& left = booking.allowance->cost_left;
  if (left) left = *left - booking.most;
}
void give_back(const Booking& booking, Money charged) {
  auto& left = booking.allowance->cost_left;
  if (left) left = *left + booking.most - charged;
}

/// Books `usage` on the attempt, the account and the call's ceiling.
void settle(Booking& booking, const Usage& usage, bool estimated, Deadline now) {
  AttemptTrail& attempt = booking.trail->attempts[booking.attempt];
  attempt.usage = usage;
  attempt.usage_estimated = estimated;
  attempt.cost.reset();
  if (booking.model->price) attempt.cost = cost_of(usage, *booking.model->price);
  if (attempt.ended < nanoseconds{0}) attempt.ended = now - booking.trail->started;
  const Money charged = attempt.cost.value_or(Money{});
  booking.hold->settle(charged);
  if (booking.budget_hold) booking.budget_hold->settle(charged);
  give_back(booking, charged);
}

/// Watches a reply for its usage and settles at its end, or when it dies before. Without a report
/// from the upstream an estimate is booked.
class MeteredEvents final : public EventSource {
 public:
  MeteredEvents(std::unique_ptr<EventSource> inner, Booking booking, Counting counting)
      : inner_(std::move(inner)), booking_(std::move(booking)), counting_(counting) {}

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
    if (attempt.first_content >= nanoseconds{0} || !event.has_content()) return;
    const Deadline now = counting_.timers.now();
    attempt.first_content = now - booking_.trail->started;
    if (event.kind == Event::Kind::whole) settle_once_at(now);  // nothing follows it
  }

  void note(const Error& error) {
    AttemptTrail& attempt = booking_.trail->attempts[booking_.attempt];
    attempt.error = error.kind;
    attempt.error_text = error.what;
  }

  void settle_once() {
    if (!settled_) settle_once_at(counting_.timers.now());
  }

  void settle_once_at(Deadline now) {
    if (std::exchange(settled_, true)) return;
    if (usage_) {
      learn(booking_, *usage_, counting_.calibration);
      return settle(booking_, *usage_, false, now);
    }
    const Usage guess{.input = input_estimate(booking_, counting_.calibration),
                      .output = (content_bytes_ + kBytesPerToken - 1) / kBytesPerToken};
    settle(booking_, guess, true, now);
  }

  std::unique_ptr<EventSource> inner_;
  Booking booking_;
  Counting counting_;
  std::optional<Usage> usage_;
  std::int64_t content_bytes_ = 0;
  bool settled_ = false;
};

/// An attempt that brought no reply: free when the upstream never got it or
/// refused it; else the input was read, and is booked as an estimate.
void settle_failed(Booking& booking, const Error& error, Counting counting) {
  const Deadline now = counting.timers.now();
  const int status = booking.trail->attempts[booking.attempt].status;
  const bool never_ran = error.kind == ErrorKind::upstream_unreachable ||
                         error.kind == ErrorKind::request_invalid ||  // could not be carried over
                         error.kind == ErrorKind::upstream_timeout_connect || status >= 300;
  if (never_ran) {
    AttemptTrail& attempt = booking.trail->attempts[booking.attempt];
    attempt.cost = Money{};
    attempt.ended = now - booking.trail->started;
    give_back(booking, {});
    return;  // the hold gives everything back too
  }
  settle(booking, {.input = input_estimate(booking, counting.calibration)}, true, now);
}

bool counted_for_target(const Call& call) {
  return call.prompt && call.prompt_counted_for == call.target.model->upstream_model;
}

/// A token is at least a byte; what stands at an address may have more.
std::int64_t bytes_bound(const Request& request) {
  const std::string_view body = request.body;
  return may_point_elsewhere(body) ? std::numeric_limits<std::int64_t>::max()
                                   : static_cast<std::int64_t>(body.size());
}

/// The worst case as far as it is known without counting.
Result<WorstCase> worst_case_at_once(const Call& call, bool budgeted) {
  std::int64_t most = static_cast<std::int64_t>(call.request->body.size());
  if (counted_for_target(call)) most = std::min(bytes_bound(*call.request), call.prompt->at_most);
  if (call.correction)
    most +=
        static_cast<std::int64_t>(call.correction->words.size() + call.correction->schema.size()) +
        kCorrectionFraming;
  return worst_case(*call.request, *call.feature, *call.target.model,
                    {.cost_left = call.allowance->cost_left,
                     .input_tokens_most = most,
                     .output_tokens_max = rung_of(call).output_tokens_max,
                     .limit_output = budgeted});
}

/// The bytes bound the prompt well enough for most. Where they say that the cost
/// would not do, or are no bound, the prompt has to be counted.
bool must_count(const Call& call, const Result<WorstCase>& worst, bool budgeted) {
  if (!(call.allowance->cost_left || budgeted) || !call.target.model->price) return false;
  if (counted_for_target(call)) return false;
  if (!worst || worst->narrowed) return true;
  return bytes_bound(*call.request) != static_cast<std::int64_t>(call.request->body.size());
}

}  // namespace

namespace {

std::string holder_of(const BudgetRule& rule, const Call& call) {
  switch (rule.scope) {
    case BudgetScope::global: return {};
    case BudgetScope::feature: return call.feature->name;
    case BudgetScope::key: return call.account;
    case BudgetScope::tenant: return call.tenant;
    case BudgetScope::model: return call.target.model->upstream_model;
  }
  return {};
}

/// The budgets that this attempt must fit under.
std::vector<ports::BudgetAsk> asks_of(const Call& call) {
  std::vector<ports::BudgetAsk> asks;
  for (const BudgetRule& rule : call.plan->budgets) {
    std::string holder = holder_of(rule, call);
    if (rule.only.empty() || rule.only == holder)
      asks.push_back({.rule = &rule, .holder = std::move(holder)});
  }
  if (call.key && call.key->budget)
    asks.push_back({.rule = &*call.key->budget, .holder = call.key->id});
  return asks;
}

std::unexpected<Error> no_price(const Call& call) {
  return fail(
      ErrorKind::price_unknown,
      fmt::format("a budget applies and model \"{}\" has no price", call.target.model->name),
      "give the model a `price`");
}

bool has_budgets(const Call& call) noexcept {
  return !call.plan->budgets.empty() || (call.key && call.key->budget);
}

}  // namespace

Task<Result<WorstCase>> Budget::counted_worst_case(Call& call, bool budgeted) const {
  const ModelEntry& model = *call.target.model;
  auto prompt = co_await prompt_tokens(call, model, counting_, std::nullopt);
  if (!prompt) co_return std::unexpected(std::move(prompt).error());
  call.prompt = *prompt;
  call.prompt_counted_for = model.upstream_model;
  co_return worst_case_at_once(call, budgeted);
}

/// A queued call asks again when money may have come back; there are not many of
/// them, and each has a deadline.
Task<bool> Budget::may_ask_again(const Call& call, const ports::MoneyRefusal& refusal) const {
  constexpr int kQueuedMost = 1'000;
  constexpr milliseconds kBetween{100};
  const Deadline now = counting_.timers.now();
  const bool queues = refusal.by != nullptr && refusal.by->on_exceeded == OnExceeded::queue;
  if (!queues || now + kBetween >= call.attempt_deadline) co_return false;
  const bool room = queued_.fetch_add(1, std::memory_order_relaxed) < kQueuedMost;
  bool slept = false;
  if (room) {
    auto rested = co_await counting_.timers.sleep_until(now + kBetween, call.cancel);
    slept = rested.has_value();
  }
  queued_.fetch_sub(1, std::memory_order_relaxed);
  co_return slept;
}

/// The bytes of a request bound its prompt; a budget that cannot cover that bound
/// may cover the prompt as it is counted.
Task<Result<ports::MoneyGrant>> Budget::draw_on_budgets(Call& call, const Asks& asks,
                                                        WorstCase& worst) const {
  while (true) {
    const ports::MoneyAsk ask{.asks = asks,
                              .amount = *worst.cost,
                              .trail = *call.trail,
                              .attempt = call.attempt,
                              .now = counting_.timers.wall_now()};
    auto answer = budgets_.reserve(ask);
    if (answer) co_return std::move(*answer);
    ports::MoneyRefusal refusal = std::move(answer).error();
    if (!counted_for_target(call)) {
      PLIMSOLL_CO_TRY(worst, co_await counted_worst_case(call, true));
      continue;
    }
    const bool again = co_await may_ask_again(call, refusal);
    if (again) continue;
    const bool degrades = refusal.by != nullptr && refusal.by->on_exceeded == OnExceeded::degrade;
    const bool rung_left = static_cast<std::size_t>(call.rung) + 1 < call.feature->ladder.size();
    if (degrades && rung_left) refusal.error.kind = ErrorKind::cost_ceiling;
    co_return std::unexpected(std::move(refusal.error));
  }
}

Task<Result<Reply>> Budget::handle(Call& call, pipeline::Next next) const {
  const ControlTimer timer(counting_.timers, "budget", *call.trail);
  const int attempt = static_cast<int>(call.attempt);
  const Asks asks = has_budgets(call) ? asks_of(call) : Asks{};
  const bool budgeted = !asks.empty();
  auto worst = worst_case_at_once(call, budgeted);
  if (must_count(call, worst, budgeted)) worst = co_await counted_worst_case(call, budgeted);
  if (worst && worst->narrowed && call.hedge)
    worst = fail(ErrorKind::cost_ceiling,
                 "what the first attempt leaves of objectives.cost.per_request is too little for a "
                 "whole second one",
                 "raise the ceiling, or limit the output (objectives.tokens.output)");
  if (worst && budgeted && !worst->cost) worst = no_price(call);
  ports::MoneyGrant grant;
  if (worst && budgeted) {
    auto granted = co_await draw_on_budgets(call, asks, *worst);
    if (granted) grant = std::move(*granted);
    if (!granted) worst = std::unexpected(std::move(granted).error());
  }
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
  call.trail->attempts[call.attempt].lease = grant.lease;
  timer.passed(*call.trail, attempt, worst->cost ? "" : "price unknown");

  Booking booking{.trail = call.trail,
                  .allowance = call.allowance,
                  .ad_hoc = call.ad_hoc_model,
                  .request = call.request,
                  .attempt = call.attempt,
                  .model = call.target.model,
                  .hold = std::move(*hold),
                  .budget_hold = std::move(grant.hold),
                  .most = most,
                  .prompt = counted_for_target(call) ? call.prompt : std::nullopt};
  set_aside(booking);
  call.output_tokens_max = worst->upstream_limit;
  auto reply = co_await next(call);
  if (!reply) {
    settle_failed(booking, reply.error(), counting_);
    co_return std::unexpected(std::move(reply).error());
  }
  reply->events =
      std::make_unique<MeteredEvents>(std::move(reply->events), std::move(booking), counting_);
  co_return reply;
}

}  // namespace plimsoll::stages
