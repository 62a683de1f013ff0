#include "app/process.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/embedded/spending.h"
#include "store/embedded/state_folder.h"

namespace plimsoll::app {

Result<std::unique_ptr<Process>> Process::start(std::shared_ptr<const Plan> plan,
                                                Switches switches) {
  std::unique_ptr<Process> process(new Process());
  auto keys = process->open_keys(*plan);
  if (!keys) return std::unexpected(std::move(keys).error());
  auto opened = process->open_sinks(*plan, switches);
  if (opened) opened = process->open_budgets(*plan);
  if (!opened) return std::unexpected(std::move(opened).error());
  Gateway::Outside outside{.sink = *process->sinks_,
                           .accounts = process->accounts_,
                           .metrics = [&metrics = process->metrics_] { return metrics.text(); },
                           .budgets = process->budgets_.get(),
                           .keys = process->keys_.get()};
  PLIMSOLL_TRY(process->gateway_, Gateway::start(std::move(plan), std::move(outside)));
  process->register_values();
  return process;
}

/// Keys are made beside the ledger. They are watched also where nobody needs one
/// yet: a reload may ask for them.
Result<void> Process::open_keys(const Plan& plan) {
  const bool needed = plan.server.auth == Auth::keys;
  auto folder = store::state_folder(plan.ledger.folder);
  if (!folder && !needed) return {};
  if (!folder) return std::unexpected(std::move(folder).error());
  PLIMSOLL_TRY(keys_, store::KeyRing::open(std::move(*folder)));
  if (needed && plan.keys.empty() && keys_->size() == 0)
    fmt::print(stderr,
               "plimsoll: warning: nobody can be let in yet; `plimsoll keys create ID` makes a "
               "key, which works at once\n");
  return {};
}

Result<void> Process::open_sinks(const Plan& plan, Switches switches) {
  std::vector<ports::TrailSink*> sinks{&metrics_};
  if (switches.log) {
    PLIMSOLL_TRY(log_, telemetry::LogLines::open({}));
    sinks.push_back(log_.get());
  }
  if (switches.ledger && plan.ledger.on) {
    PLIMSOLL_TRY(ledger_, store::Ledger::open(plan.ledger));
    sinks.push_back(ledger_.get());
  }
  sinks_ = std::make_unique<telemetry::FanOut>(std::move(sinks));
  return {};
}

/// What a killed process left is booked first, then what the ledger knows is read
/// into the balances.
Result<void> Process::open_budgets(const Plan& plan) {
  budgets_ = std::make_unique<store::EmbeddedBudgets>(ledger_ ? &ledger_->leases() : nullptr);
  if (!ledger_) {
    if (!plan.budgets.empty())
      fmt::print(stderr, "plimsoll: warning: without a ledger a restart forgets what was spent\n");
    return {};
  }
  PLIMSOLL_TRY(const std::size_t presumed, store::book_left(*ledger_));
  if (presumed > 0)
    fmt::print(stderr,
               "plimsoll: warning: {} attempts ran when the last process ended; they are booked at "
               "the most that they may have cost, as presumed\n",
               presumed);
  counted_budgets_ = plan.budgets;
  std::vector<BudgetRule> rules = plan.budgets;
  if (keys_)
    for (BudgetRule& rule : keys_->budgets()) rules.push_back(std::move(rule));
  return read_spending(rules);
}

/// The budgets that the running plan has not: their spending nobody counted.
Result<void> Process::read_fresh(const Plan& next) {
  std::vector<BudgetRule> fresh;
  for (const BudgetRule& rule : next.budgets)
    if (std::ranges::none_of(counted_budgets_, [&rule](const BudgetRule& counted) {
          return store::same_balance(counted, rule);
        }))
      fresh.push_back(rule);
  return read_spending(fresh);
}

Result<void> Process::read_spending(std::span<const BudgetRule> rules) {
  if (rules.empty() || !ledger_) return {};
  return store::read_spending(*ledger_, rules, std::chrono::system_clock::now(), *budgets_);
}

void Process::register_values() {
  const auto counter = [this](std::string name, std::string help, std::function<double()> read) {
    metrics_.add_counter({.name = std::move(name), .help = std::move(help)}, std::move(read));
  };
  const auto gauge = [this](std::string name, std::string help, std::function<double()> read) {
    metrics_.add_gauge({.name = std::move(name), .help = std::move(help)}, std::move(read));
  };
  gauge("plimsoll_ready", "1 while new calls are taken.",
        [this] { return gateway_->health().ready() ? 1.0 : 0.0; });
  gauge("plimsoll_reload_failed", "1 when the last reload was refused.",
        [this] { return gateway_->health().reload_failed() ? 1.0 : 0.0; });
  counter("plimsoll_reloads_total", "Reloads that were asked for.",
          [this] { return static_cast<double>(reloads_.load()); });
  counter("plimsoll_reloads_refused_total", "Reloads that left the old plan in place.",
          [this] { return static_cast<double>(reloads_refused_.load()); });
  gauge("plimsoll_connections_open", "Client connections that are open.",
        [this] { return static_cast<double>(gateway_->counters().connections_open); });
  counter("plimsoll_framing_errors_total", "Requests refused for their HTTP framing.",
          [this] { return static_cast<double>(gateway_->counters().framing_errors); });
  gauge("plimsoll_loop_lag_seconds", "Lateness of the last timer tick of the worst loop.",
        [this] { return std::chrono::duration<double>(gateway_->worst_lag()).count(); });
  metrics_.add_families([this](telemetry::Exposition& out) { targets_.show(out); });
  if (keys_)
    gauge("plimsoll_keys", "Keys of the key store, revoked ones too.",
          [this] { return static_cast<double>(keys_->size()); });
  counter("plimsoll_budget_refusals_total", "Attempts that a budget did not cover.",
          [this] { return static_cast<double>(budgets_->refusals()); });
  counter("plimsoll_budget_warnings_total", "Times that spending passed a budget's warn_at.",
          [this] { return static_cast<double>(budgets_->warnings()); });
  counter("plimsoll_budget_overruns_total", "Attempts that cost more than was set aside for them.",
          [this] { return static_cast<double>(budgets_->overruns()); });
  metrics_.add_families([this](telemetry::Exposition& out) { show_budgets(out); });
  if (ledger_) {
    counter("plimsoll_ledger_dropped_total", "Calls that found no room in the ledger's queue.",
            [this] { return static_cast<double>(ledger_->dropped()); });
    counter("plimsoll_ledger_written_total", "Calls written to the ledger.",
            [this] { return static_cast<double>(ledger_->written()); });
  }
  if (log_)
    counter("plimsoll_log_dropped_total", "Log lines that found no room.",
            [this] { return static_cast<double>(log_->dropped()); });
}

/// Of the first balances, so that a scrape stays small.
void Process::show_budgets(telemetry::Exposition& out) const {
  constexpr std::size_t kShown = 200;
  const auto views = budgets_->views(kShown);
  const auto family = [&](std::string_view name, std::string_view help, Money (*of)(const View&)) {
    out.begin(name, "gauge", help);
    for (const View& view : views)
      out.sample({{"budget", view.budget}, {"holder", view.holder}},
                 static_cast<double>(of(view).nanos) / 1e9);
  };
  family("plimsoll_budget_cap_dollars", "What may be spent in a period.",
         [](const View& view) { return view.cap; });
  family("plimsoll_budget_spent_dollars", "What was spent in the period that runs.",
         [](const View& view) { return view.spent; });
  family("plimsoll_budget_reserved_dollars", "What attempts in flight have set aside.",
         [](const View& view) { return view.held; });
}

void Process::reload(Result<std::shared_ptr<const Plan>> loaded) {
  ++reloads_;
  Result<void> done;
  std::vector<BudgetRule> budgets;
  if (loaded) budgets = (*loaded)->budgets;
  if (loaded) done = read_fresh(**loaded);
  if (loaded && done)
    done = gateway_->reload(std::move(*loaded));
  else if (!loaded)
    done = std::unexpected(std::move(loaded).error());
  if (done) {
    counted_budgets_ = std::move(budgets);
    gateway_->health().set_reload_error("");
    fmt::print(stderr, "plimsoll took the new plan\n");
    return;
  }
  ++reloads_refused_;
  gateway_->health().set_reload_error(done.error().what);
  fmt::print(stderr, "{}\nplimsoll keeps the running plan{}{}\n", done.error().what,
             done.error().hint.empty() ? "" : "; ", done.error().hint);
}

std::size_t Process::stop() {
  const std::size_t cut = gateway_->drain();
  if (ledger_) {
    if (auto flushed = ledger_->flush(); !flushed)
      fmt::print(stderr, "plimsoll: error: {}\n", flushed.error().what);
  }
  if (log_) log_->flush();
  return cut;
}

}  // namespace plimsoll::app
