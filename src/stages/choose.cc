#include "stages/choose.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "facts/condition.h"
#include "facts/request_facts.h"
#include "stages/internal/control_timer.h"

namespace plimsoll::stages {
namespace {

/// The feature as a rule wants it: the rung of its model first, the others behind.
Feature with_first(const Feature& feature, std::size_t model) {
  Feature made = feature;
  auto& ladder = made.ladder;
  const auto found = std::ranges::find_if(ladder, [model](const Rung& rung) {
    return rung.asks_model() && rung.any.empty() && rung.model == model;
  });
  if (found == ladder.end()) {
    Rung rung;
    rung.model = model;
    ladder.insert(ladder.begin(), std::move(rung));
  } else {
    std::rotate(ladder.begin(), found, found + 1);
  }
  return made;
}

/// Notes live as long as the process: a Trail outlives the plan it speaks of.
std::string_view note(std::size_t rule, bool undecided) {
  constexpr std::size_t kRulesMax = 64;
  static const std::array<std::array<std::string, kRulesMax + 1>, 2> kNotes = [] {
    std::array<std::array<std::string, kRulesMax + 1>, 2> made;
    for (std::size_t i = 0; i < kRulesMax; ++i) {
      made[0][i] = fmt::format("rule {}", i + 1);
      made[1][i] = fmt::format("rule {}; one above it could not be decided", i + 1);
    }
    made[0][kRulesMax] = "no rule held";
    made[1][kRulesMax] = "no rule held; one could not be decided";
    return made;
  }();
  return kNotes[undecided ? 1 : 0][std::min(rule, kRulesMax)];
}

constexpr std::size_t kNone = SIZE_MAX;

}  // namespace

Result<std::unique_ptr<Choose>> Choose::compile(const Plan& plan, Counting counting) {
  std::unique_ptr<Choose> made(new Choose(counting));
  for (const Feature& feature : plan.features) {
    Rules& rules = made->by_feature_.emplace_back();
    for (const RouteRule& rule : feature.route) {
      Rule& compiled = rules.rules.emplace_back();
      compiled.chosen = &made->variants_.emplace_back(with_first(feature, rule.model));
      if (rule.when.empty()) continue;
      auto when = facts::compile_condition(rule.when, facts::request_names());
      if (!when) return fail(ErrorKind::config_invalid, cel::show(when.error(), rule.when));
      rules.counts_tokens |= facts::reads(*when, facts::Fact::input_tokens);
      compiled.when = std::move(*when);
    }
  }
  return made;
}

Task<Result<Reply>> Choose::handle(Call& call, pipeline::Next next) const {
  const bool declared = call.feature != &call.plan->default_feature;
  const Rules* const rules =
      declared && !call.ad_hoc_model ? &by_feature_[call.feature->index] : nullptr;
  if (rules == nullptr || rules->rules.empty()) return next(call);
  if (rules->counts_tokens && !call.prompt) return count_first(call, next, *rules);
  choose(call, *rules);
  return next(call);
}

Task<Result<Reply>> Choose::count_first(Call& call, pipeline::Next next, const Rules& rules) const {
  const ModelEntry& model = first_model(call);
  auto prompt = co_await prompt_tokens(call, model, counting_, std::nullopt);
  if (!prompt) co_return std::unexpected(std::move(prompt).error());
  call.prompt = *prompt;
  call.prompt_counted_for = model.upstream_model;
  choose(call, rules);
  co_return co_await next(call);
}

void Choose::choose(Call& call, const Rules& rules) const {
  const ControlTimer timer(counting_.timers, "choose");
  facts::RequestFacts known(*call.request);
  using facts::Fact;
  if (call.prompt) known.set(Fact::input_tokens, cel::Value::integer(call.prompt->tokens));
  known.set(Fact::feature, cel::Value::string(call.feature->name));
  known.set(Fact::tenant, cel::Value::string(call.trail->tenant));
  const auto left = call.allowance->deadline - counting_.timers.now();
  if (call.allowance->deadline != kNoDeadline)
    known.set(Fact::time_left,
              cel::Value::duration(std::chrono::duration_cast<nanoseconds>(left).count()));
  constexpr double kNanosPerDollar = 1e9;
  if (const auto cost = call.allowance->cost_left)
    known.set(Fact::cost_left,
              cel::Value::real(static_cast<double>(cost->nanos) / kNanosPerDollar));

  bool undecided = false;
  std::size_t chosen = kNone;
  for (std::size_t i = 0; i < rules.rules.size() && chosen == kNone; ++i) {
    const Rule& rule = rules.rules[i];
    if (rule.when) known.read_for(*rule.when);
    const cel::Value holds =
        rule.when ? rule.when->evaluate(known.values(), known.arena()) : cel::Value::boolean(true);
    undecided = undecided || holds.is_error();
    if (holds.is_true()) chosen = i;
  }
  if (chosen != kNone) call.feature = rules.rules[chosen].chosen;
  timer.passed(*call.trail, -1, note(chosen, undecided));
}

}  // namespace plimsoll::stages
