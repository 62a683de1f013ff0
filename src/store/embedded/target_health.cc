#include "store/embedded/target_health.h"

#include <algorithm>
#include <array>

#include "store/embedded/breaker.h"
#include "store/embedded/hedge_budget.h"
#include "store/embedded/latency.h"
#include "store/embedded/resend_budget.h"

namespace plimsoll::store {
namespace {

using ports::Admission;
using ports::AnswerShape;
using ports::Sending;

/// The cooldown after a refusal that names no wait, doubled by each in a row.
constexpr milliseconds kUnnamedWait{500};
constexpr milliseconds kUnnamedWaitMax{8'000};

milliseconds unnamed_wait(int refusals) noexcept {
  constexpr int kMostDoublings = 10;
  const auto doublings = static_cast<unsigned>(std::clamp(refusals - 1, 0, kMostDoublings));
  return std::min(kUnnamedWaitMax, kUnnamedWait * (1 << doublings));
}

std::string key_of(const ports::TargetName& name) {
  // The model, which may hold anything, comes last.
  return name.provider + "\n" + name.key + "\n" + name.model;
}

}  // namespace

class EmbeddedTargetHealth::State final : public ports::TargetState {
 public:
  State(ports::TargetName name, const TargetRules& rules, ports::Random& random)
      : random_(random), rules_(rules) {
    view_.name = std::move(name);
  }

  void set_rules(const TargetRules& rules) {
    const std::lock_guard lock(mutex_);
    rules_ = rules;
  }

  Admission ask(Sending sending, Deadline now) noexcept override {
    const std::lock_guard lock(mutex_);
    Admission admission = cooling(now) ? Admission{.answer = Admission::Answer::cooling,
                                                   .until = cool_until_,
                                                   .why = cool_why_,
                                                   .refusals = refusals_}
                                       : breaker_.ask(rules_.breaker, now);
    admission.asked = now;
    if (!admission.admitted()) {
      ++view_.held;
      return admission;
    }
    ++in_flight_;
    if (sending == Sending::first) {
      budget_.note_traffic(rules_.resends, now);
      hedges_.note_traffic(now);
    }
    return admission;
  }

  void answered(Admission& admission, AnswerShape shape, Deadline now) noexcept override {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(admission.timed, true)) {
      latency_.add(now - admission.asked, now);
      slow_.at(static_cast<std::size_t>(shape)).add(now - admission.asked);
    }
    breaker_.answered(admission, now);
  }

  void ended(const Admission& admission, BreakerCount count, ErrorKind why,
             Deadline now) noexcept override {
    const std::uint64_t random = count == BreakerCount::failure ? random_.next() : 0;
    const std::lock_guard lock(mutex_);
    --in_flight_;
    if (count == BreakerCount::failure && !admission.timed)
      latency_.add_failure(now - admission.asked, now);
    // What was sent before a refusal may be answered after it: not a sign that
    // the target takes requests again.
    if (count == BreakerCount::success && !cooling(now)) refusals_ = 0;
    breaker_.ended(rules_.breaker, admission, count, why, now, random);
  }

  void cool(std::optional<milliseconds> wait, ErrorKind why, Deadline now) noexcept override {
    const std::lock_guard lock(mutex_);
    const bool named = wait && *wait > milliseconds{0};
    if (cooling(now) && !named) return;  // refused before the cooldown was known
    if (!cooling(now)) {
      ++refusals_;
      ++view_.cooldowns;
    }
    cool_until_ = std::max(cool_until_, now + (named ? *wait : unnamed_wait(refusals_)));
    cool_why_ = why;
  }

  bool take_resend(Deadline now) noexcept override {
    const std::lock_guard lock(mutex_);
    const bool taken = budget_.take(rules_.resends, now);
    ++(taken ? view_.resends : view_.resends_refused);
    return taken;
  }

  bool take_hedge(double share, Deadline now) noexcept override {
    const std::lock_guard lock(mutex_);
    const bool taken = hedges_.take(share, now);
    if (taken) ++view_.hedges;
    return taken;
  }

  ports::TargetLoad load(Deadline now) const noexcept override {
    const std::lock_guard lock(mutex_);
    return {.in_flight = in_flight_, .latency = latency_.mean(now)};
  }

  std::optional<std::chrono::nanoseconds> slow(AnswerShape shape) const noexcept override {
    const std::lock_guard lock(mutex_);
    return slow_.at(static_cast<std::size_t>(shape)).p95();
  }

  ports::TargetView view(Deadline now) const {
    const std::lock_guard lock(mutex_);
    ports::TargetView view = view_;
    view.breaker = breaker_.state();
    view.trips = breaker_.trips();
    view.cooling = cooling(now);
    view.in_flight = static_cast<std::uint64_t>(in_flight_);
    return view;
  }

 private:
  bool cooling(Deadline now) const noexcept { return now < cool_until_; }

  ports::Random& random_;
  mutable std::mutex mutex_;
  TargetRules rules_;
  Breaker breaker_;
  ResendBudget budget_;
  HedgeBudget hedges_;
  ports::TargetView view_;
  Deadline cool_until_{};
  ErrorKind cool_why_ = ErrorKind::upstream_rate_limited;
  int refusals_ = 0;
  int in_flight_ = 0;
  Latency latency_;
  std::array<SlowEnd, 2> slow_;  // by AnswerShape
};

std::shared_ptr<ports::TargetState> EmbeddedTargetHealth::of(const ports::TargetName& name,
                                                             const TargetRules& rules) {
  const std::string key = key_of(name);
  const std::lock_guard lock(mutex_);
  if (const auto known = states_.find(key); known != states_.end()) {
    known->second->set_rules(rules);
    return known->second;
  }
  auto state = std::make_shared<State>(name, rules, random_);
  if (states_.size() >= kTargetsMax) forget_what_nobody_holds();
  if (states_.size() < kTargetsMax) states_.emplace(key, state);
  return state;
}

void EmbeddedTargetHealth::forget_what_nobody_holds() {
  std::erase_if(states_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

std::vector<ports::TargetView> EmbeddedTargetHealth::views(Deadline now) const {
  std::vector<std::shared_ptr<State>> states;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, state] : states_) states.push_back(state);
  }
  std::vector<ports::TargetView> views;
  for (const auto& state : states) views.push_back(state->view(now));
  return views;
}

}  // namespace plimsoll::store
