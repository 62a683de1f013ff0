#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/plan_file.h"
#include "base/error.h"
#include "cli/ledger_views.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "store/embedded/ledger_eraser.h"
#include "store/embedded/ledger_reader.h"
#include "store/embedded/state_folder.h"

namespace plimsoll::cli {
namespace {

struct LedgerOptions {
  std::string config, folder, since, feature, model, status, call, tenant, before;
  std::string format = "table";
  std::vector<std::string> by;
  std::size_t limit = 50;
  bool summary = false;
};

std::optional<std::string> if_given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// --folder, else what the one-pager says, else where serve would keep it.
Result<std::string> folder_of(const LedgerOptions& options) {
  if (!options.folder.empty()) return options.folder;
  PLIMSOLL_TRY(const auto plan, app::load_plan(options.config));
  return store::state_folder(plan->ledger.folder);
}

Result<store::CallFilter> filter_of(const LedgerOptions& options) {
  store::CallFilter filter{.feature = if_given(options.feature),
                           .model = if_given(options.model),
                           .status = if_given(options.status),
                           .limit = options.limit};
  if (options.since.empty()) return filter;
  filter.since = parse_since(options.since, std::chrono::system_clock::now());
  if (!filter.since)
    return fail(ErrorKind::config_invalid,
                fmt::format("--since \"{}\" is neither an age nor a time", options.since),
                "write 90s, 15m, 1h, 7d, 2026-01-31 or 2026-01-31T14:00:00Z");
  return filter;
}

Result<std::string> render_story(store::LedgerReader& reader, const LedgerOptions& options) {
  PLIMSOLL_TRY(const auto story, reader.story(options.call));
  if (options.format == "json") return story_json(story);
  if (options.format == "csv") return as_csv(story.attempts);
  return story_text(story);
}

Result<std::string> render_summary(store::LedgerReader& reader, const LedgerOptions& options,
                                   const store::CallFilter& filter) {
  PLIMSOLL_TRY(const auto summary, reader.summary(filter));
  if (options.format == "json") return summary_json(summary);
  if (options.format == "csv") return as_csv(summary_rows(summary));
  return summary.empty() ? std::string("No call matches.\n") : summary_table(summary);
}

Result<std::string> render_calls(store::LedgerReader& reader, const LedgerOptions& options,
                                 const store::CallFilter& filter) {
  PLIMSOLL_TRY(const auto calls, reader.calls(filter));
  if (options.format == "json") return as_json(calls);
  if (options.format == "csv") return as_csv(calls);
  if (calls.rows.empty()) return std::string("No call matches.\n");
  std::string out = calls_table(calls);
  if (options.limit != 0 && calls.rows.size() == options.limit)
    out += fmt::format("The newest {}; --limit 0 shows all.\n", options.limit);
  return out;
}

Result<std::string> render(const LedgerOptions& options) {
  PLIMSOLL_TRY(const store::CallFilter filter, filter_of(options));
  PLIMSOLL_TRY(const std::string folder, folder_of(options));
  PLIMSOLL_TRY(auto reader, store::LedgerReader::open(folder));
  if (!options.call.empty()) return render_story(reader, options);
  if (options.summary) return render_summary(reader, options, filter);
  return render_calls(reader, options, filter);
}

Result<std::vector<store::LedgerReader::SpendBy>> groups_of(const LedgerOptions& options) {
  constexpr std::string_view kWords[] = {"feature", "key", "tenant", "provider", "model", "day"};
  std::vector<store::LedgerReader::SpendBy> groups;
  for (const std::string& word : options.by) {
    const auto found = std::ranges::find(kWords, std::string_view(word));
    if (found == std::end(kWords))
      return fail(ErrorKind::config_invalid, fmt::format("--by \"{}\" is no group", word),
                  "known groups: feature, key, tenant, provider, model, day");
    groups.push_back(static_cast<store::LedgerReader::SpendBy>(found - std::begin(kWords)));
  }
  return groups;
}

Result<std::string> render_spend(const LedgerOptions& options) {
  PLIMSOLL_TRY(const store::CallFilter filter, filter_of(options));
  PLIMSOLL_TRY(const auto groups, groups_of(options));
  PLIMSOLL_TRY(const std::string folder, folder_of(options));
  PLIMSOLL_TRY(auto reader, store::LedgerReader::open(folder));
  PLIMSOLL_TRY(const auto spend, reader.spend(filter, groups));
  if (options.format == "json") return as_json(spend);
  if (options.format == "csv") return as_csv(spend);
  return spend.rows.empty() ? std::string("No call matches.\n") : spend_table(spend);
}

int show(const Result<std::string>& text) {
  if (!text)
    return tell(text.error(),
                text.error().kind == ErrorKind::config_invalid ? kUsageError : kFailed);
  const bool whole = std::fwrite(text->data(), 1, text->size(), stdout) == text->size();
  return whole && std::fflush(stdout) == 0 ? kOk : kFailed;
}

void add_spend(CLI::App& verb, const std::shared_ptr<LedgerOptions>& options, int& exit_code) {
  CLI::App* sub = verb.add_subcommand("spend", "Show what was spent, and for what.");
  sub->add_option("--by", options->by,
                  "Groups, with commas: feature, key, tenant, provider, model, day")
      ->delimiter(',')
      ->default_val(std::vector<std::string>{"feature", "model"});
  sub->add_option("-c,--config", options->config,
                  "The one-pager that names the ledger's folder (default: ./plimsoll.yaml)");
  sub->add_option("--folder", options->folder, "The state folder itself");
  sub->add_option("--since", options->since, "An age (90s, 15m, 1h, 7d, 2w) or a UTC date or time");
  sub->add_option("--feature", options->feature, "Only calls of this feature");
  sub->add_option("--model", options->model, "Only calls that asked for this model or tried it");
  sub->add_option("--format", options->format, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  sub->footer(
      "A call counts under each model that it tried. `resolved` are calls that were answered,\n"
      "all checks passed; `presumed` is money of attempts that a kill cut off, at its most.\n"
      "Example: plimsoll ledger spend --by feature,key,model,day --since 7d --format csv");
  sub->callback([options, &exit_code] { exit_code = show(render_spend(*options)); });
}

Result<std::string> erase(const LedgerOptions& options) {
  store::Erasure which{.tenant = if_given(options.tenant)};
  if (!options.before.empty()) {
    which.before = parse_since(options.before, std::chrono::system_clock::now());
    if (!which.before)
      return fail(ErrorKind::config_invalid,
                  fmt::format("--before \"{}\" is neither an age nor a time", options.before),
                  "write 90d, 2w or 2026-01-31");
  }
  PLIMSOLL_TRY(const std::string folder, folder_of(options));
  PLIMSOLL_TRY(const std::int64_t erased, store::erase_calls(folder, which));
  return fmt::format("Erased {} calls.\n", erased);
}

void add_erase(CLI::App& verb, const std::shared_ptr<LedgerOptions>& options, int& exit_code) {
  CLI::App* sub = verb.add_subcommand("erase", "Erase calls of a tenant, or older than an age.");
  sub->add_option("--tenant", options->tenant, "Only calls of this tenant");
  sub->add_option("--before", options->before, "Only calls before an age (90d) or a UTC date");
  sub->add_option("-c,--config", options->config,
                  "The one-pager that names the ledger's folder (default: ./plimsoll.yaml)");
  sub->add_option("--folder", options->folder, "The state folder itself");
  sub->footer(
      "What is erased is overwritten in the file and cannot be read again; a running server\n"
      "may go on. Its budgets remember what was spent until it is started anew.\n"
      "Examples:\n"
      "  plimsoll ledger erase --tenant acme\n"
      "  plimsoll ledger erase --before 90d        for a daily job: keep 90 days");
  sub->callback([options, &exit_code] { exit_code = show(erase(*options)); });
}

int run_ledger(const LedgerOptions& options) { return show(render(options)); }

void add_options(CLI::App& verb, LedgerOptions& options) {
  verb.add_option("-c,--config", options.config,
                  "The one-pager that names the ledger's folder (default: ./plimsoll.yaml)");
  verb.add_option("--folder", options.folder,
                  "The state folder itself; needs no one-pager and no keys");
  verb.add_option("--since", options.since, "An age (90s, 15m, 1h, 7d, 2w) or a UTC date or time");
  verb.add_option("--feature", options.feature, "Only calls of this feature");
  verb.add_option("--model", options.model, "Only calls that asked for this model or tried it");
  verb.add_option("--status", options.status,
                  "answered, failed, an error code (rate_limited) or an HTTP status (429)");
  auto* limit = verb.add_option("--limit", options.limit, "At most so many, newest first; 0: all");
  limit->capture_default_str();
  auto* call = verb.add_option("--call", options.call, "The whole story of one call, by its id");
  verb.add_flag("--summary", options.summary,
                "Per feature: calls, errors by kind, tokens, cost, p50/p95/p99 of answered calls")
      ->excludes(call);
  verb.add_option("--format", options.format, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
}

}  // namespace

void add_ledger(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("ledger", "Show what was asked, tried, checked and paid.");
  verb->footer(
      "Reads the ledger of a server, running or not; only `erase` writes.\n"
      "Examples:\n"
      "  plimsoll ledger --since 1h                     the newest 50 calls of the last hour\n"
      "  plimsoll ledger --since 24h --summary          what yesterday cost, per feature\n"
      "  plimsoll ledger --status failed --since 7d     what went wrong this week\n"
      "  plimsoll ledger --call c_01J9Z6                one call: every try, check and control\n"
      "  plimsoll ledger spend --by key,day --since 7d  what each key cost on each day\n"
      "  plimsoll ledger --format csv --limit 0         everything, for a spreadsheet\n"
      "In json and csv, *_ns are nanoseconds (started_ns: since 1970 UTC), *_nanos are\n"
      "billionths of a dollar, and null or nothing means unknown, never 0.\n"
      "Exit codes: 0 shown (also when nothing matches), 1 no ledger or no such call, 2 usage.");
  auto options = std::make_shared<LedgerOptions>();
  add_options(*verb, *options);
  add_spend(*verb, options, exit_code);
  add_erase(*verb, options, exit_code);
  verb->callback([options, verb, &exit_code] {
    if (verb->get_subcommands().empty()) exit_code = run_ledger(*options);
  });
}

}  // namespace plimsoll::cli
