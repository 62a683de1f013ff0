#include "config/field.h"

namespace plimsoll::config {
namespace {

BudgetScope scope_of(std::string_view word) noexcept {
  if (word == "feature") return BudgetScope::feature;
  if (word == "key") return BudgetScope::key;
  if (word == "tenant") return BudgetScope::tenant;
  return word == "model" ? BudgetScope::model : BudgetScope::global;
}

BudgetPeriod period_of(std::string_view word) noexcept {
  if (word == "minute") return BudgetPeriod::minute;
  if (word == "hour") return BudgetPeriod::hour;
  return word == "month" ? BudgetPeriod::month : BudgetPeriod::day;
}

OnExceeded policy_of(std::string_view word) noexcept {
  if (word == "degrade") return OnExceeded::degrade;
  return word == "queue" ? OnExceeded::queue : OnExceeded::reject;
}

constexpr Field kRows[] = {
    {.path = "budgets",
     .kind = Kind::named,
     .sentence = "What may be spent. The worst case of each attempt is set aside before it is "
                 "sent, so that reserved and spent together never pass a cap."},
    {.path = "budgets.*",
     .sentence = "One budget, under the name that errors, metrics and warnings use.",
     .bind = [](Draft& d, const Value& v) { d.plan.budgets.push_back({.name = v.text}); }},
    {.path = "budgets.*.cap",
     .kind = Kind::money,
     .sentence = "The most that each holder may spend in a period.",
     .least = "$0.000000001",
     .most = "$1000000",
     .presence = Presence::required,
     .bind = [](Draft& d, const Value& v) { d.budget().cap = Money{v.integer}; }},
    {.path = "budgets.*.per",
     .kind = Kind::choice,
     .sentence = "Who has a balance of its own: each feature, key, tenant or model; `global`: all "
                 "share one.",
     .fallback = "global",
     .choices = "global|feature|key|tenant|model",
     .bind = [](Draft& d, const Value& v) { d.budget().scope = scope_of(v.text); }},
    {.path = "budgets.*.only",
     .kind = Kind::name,
     .sentence = "The one feature, key, tenant or model that the budget is for. Default: each.",
     .bind = [](Draft& d, const Value& v) { d.budget().only = v.text; }},
    {.path = "budgets.*.every",
     .kind = Kind::choice,
     .sentence = "The period.",
     .fallback = "day",
     .choices = "minute|hour|day|month",
     .bind = [](Draft& d, const Value& v) { d.budget().period = period_of(v.text); }},
    {.path = "budgets.*.window",
     .kind = Kind::choice,
     .sentence = "`calendar`: the period begins anew with each minute, hour, day or month, UTC; "
                 "`rolling`: no stretch of that length, at any time, holds more than the cap (a "
                 "month is 30 days; money comes back in sixtieths).",
     .fallback = "calendar",
     .choices = "calendar|rolling",
     .bind = [](Draft& d, const Value& v) { d.budget().rolling = v.text == "rolling"; }},
    {.path = "budgets.*.warn_at",
     .kind = Kind::ratio,
     .sentence = "The share of the cap from which standard error and a metric warn, once a "
                 "period; 1 never does.",
     .fallback = "0.8",
     .least = "0",
     .most = "1",
     .bind = [](Draft& d, const Value& v) { d.budget().warn_at = v.ratio; }},
    {.path = "budgets.*.on_exceeded",
     .kind = Kind::choice,
     .sentence = "What becomes of an attempt that does not fit: `reject`: 429 with the time at "
                 "which there is money again; `degrade`: the next rung of the ladder is tried; "
                 "`queue`: it waits for money, at most until its deadline.",
     .fallback = "reject",
     .choices = "reject|degrade|queue",
     .bind = [](Draft& d, const Value& v) { d.budget().on_exceeded = policy_of(v.text); }},
};

}  // namespace

std::span<const Field> budget_fields() { return kRows; }

}  // namespace plimsoll::config
