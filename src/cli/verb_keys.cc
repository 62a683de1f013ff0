#include <fmt/core.h>
#include <fmt/format.h>

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
#include "base/json.h"
#include "cli/key_views.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "config/forms.h"
#include "config/units.h"
#include "store/embedded/key_store.h"
#include "store/embedded/state_folder.h"

namespace plimsoll::cli {
namespace {

struct KeyOptions {
  std::string config, folder, id, tenant, requests, tokens, budget, expires;
  std::string overlap = "1d", format = "table";
  std::vector<std::string> features;
  std::int64_t concurrent = 0;
};

WallTime now() { return std::chrono::system_clock::now(); }

Result<store::KeyStore> open_store(const KeyOptions& options) {
  if (!options.folder.empty()) return store::KeyStore::open(options.folder);
  PLIMSOLL_TRY(const auto plan, app::load_plan(options.config));
  PLIMSOLL_TRY(const std::string folder, store::state_folder(plan->ledger.folder));
  return store::KeyStore::open(folder);
}

std::unexpected<Error> not_a(std::string_view flag, std::string_view text, std::string hint) {
  return fail(ErrorKind::config_invalid, fmt::format("{} \"{}\" cannot be read", flag, text),
              std::move(hint));
}

Result<std::optional<Rate>> rate_of(std::string_view flag, const std::string& text) {
  if (text.empty()) return std::optional<Rate>();
  const auto rate = config::parse_rate(text);
  if (!rate) return not_a(flag, text, "write a rate such as 60/min, 10/s or 100k/h");
  return rate;
}

Result<std::chrono::milliseconds> span_of(std::string_view flag, const std::string& text) {
  const auto ms = config::parse_duration(text);
  if (!ms) return not_a(flag, text, "write a duration such as 12h or 90d");
  return std::chrono::milliseconds(*ms);
}

/// "$20/day"
Result<std::optional<BudgetRule>> budget_of(const std::string& text) {
  if (text.empty()) return std::optional<BudgetRule>();
  constexpr std::string_view kPeriods[] = {"minute", "hour", "day", "month"};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto cap = config::parse_money(std::string_view(text).substr(0, slash));
  const std::string_view every = std::string_view(text).substr(std::min(slash + 1, text.size()));
  const auto period = std::ranges::find(kPeriods, every);
  if (!cap || *cap < 1 || period == std::end(kPeriods))
    return not_a("--budget", text, "write dollars a minute, hour, day or month, such as $20/day");
  return BudgetRule{.name = "of the key",
                    .scope = BudgetScope::key,
                    .cap = Money{*cap},
                    .period = static_cast<BudgetPeriod>(period - std::begin(kPeriods))};
}

Result<ClientKey> key_of(const KeyOptions& options) {
  ClientKey key{.id = options.id, .tenant = options.tenant, .features = options.features};
  for (const std::string& name : {options.id, options.tenant})
    if (!name.empty() && !config::is_name(name))
      return not_a("the name", name, "use letters, digits, . _ - : and at most 64 of them");
  PLIMSOLL_TRY(key.limits.requests, rate_of("--requests", options.requests));
  PLIMSOLL_TRY(key.limits.tokens, rate_of("--tokens", options.tokens));
  PLIMSOLL_TRY(key.budget, budget_of(options.budget));
  if (options.concurrent > 0) key.limits.concurrent = options.concurrent;
  if (!options.expires.empty()) {
    PLIMSOLL_TRY(const auto span, span_of("--expires", options.expires));
    key.expires = now() + span;
  }
  return key;
}

/// The secret goes to standard output alone, so that it can be piped; the rest is
/// for the person.
void show_once(const std::string& id, const Secret& secret) {
  fmt::print("{}\n", secret.reveal());
  fmt::print(stderr,
             "This is the secret of key \"{}\". It is shown once and kept nowhere: store it now.\n"
             "A running gateway takes it within {} s.\n",
             id, 2);
}

Result<void> create(const KeyOptions& options) {
  PLIMSOLL_TRY(const ClientKey key, key_of(options));
  PLIMSOLL_TRY(auto keys, open_store(options));
  PLIMSOLL_TRY(const Secret secret, keys.create(key, now()));
  show_once(key.id, secret);
  return {};
}

Result<void> rotate(const KeyOptions& options) {
  PLIMSOLL_TRY(const auto overlap, span_of("--overlap", options.overlap));
  PLIMSOLL_TRY(auto keys, open_store(options));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(overlap);
  PLIMSOLL_TRY(const Secret secret, keys.rotate(options.id, seconds, now()));
  show_once(options.id, secret);
  return {};
}

Result<void> revoke(const KeyOptions& options) {
  PLIMSOLL_TRY(auto keys, open_store(options));
  if (auto done = keys.revoke(options.id, now()); !done) return done;
  fmt::print("Key \"{}\" is revoked; a running gateway refuses it within 2 s.\n", options.id);
  return {};
}

Result<void> list(const KeyOptions& options) {
  PLIMSOLL_TRY(auto keys, open_store(options));
  PLIMSOLL_TRY(const auto all, keys.all());
  fmt::print("{}", options.format == "json" ? keys_json(all) : keys_table(all, now()));
  return {};
}

Result<void> audit(const KeyOptions& options) {
  PLIMSOLL_TRY(auto keys, open_store(options));
  PLIMSOLL_TRY(const auto changes, keys.changes());
  fmt::print("{}", options.format == "json" ? changes_json(changes) : changes_table(changes));
  return {};
}

using Action = Result<void> (*)(const KeyOptions&);

int run(Action action, const KeyOptions& options) {
  const auto done = action(options);
  if (done) return kOk;
  return tell(done.error(), done.error().kind == ErrorKind::config_invalid ? kUsageError : kFailed);
}

/// One subcommand with what all of them take.
CLI::App* add_action(CLI::App& verb, const char* name, const char* what, Action action,
                     const std::shared_ptr<KeyOptions>& options, int& exit_code) {
  CLI::App* sub = verb.add_subcommand(name, what);
  sub->add_option("-c,--config", options->config,
                  "The one-pager that names the state folder (default: ./plimsoll.yaml)");
  sub->add_option("--folder", options->folder, "The state folder itself; needs no one-pager");
  sub->callback([action, options, &exit_code] { exit_code = run(action, *options); });
  return sub;
}

void add_id(CLI::App* sub, KeyOptions& options) {
  sub->add_option("ID", options.id, "What the ledger and the logs call the holder")->required();
}

void add_format(CLI::App* sub, KeyOptions& options) {
  sub->add_option("--format", options.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

void add_create(CLI::App* sub, KeyOptions& options) {
  add_id(sub, options);
  sub->add_option("--tenant", options.tenant, "Whose ledger rows and limits; default: the one");
  sub->add_option(
      "--feature", options.features,
      "A feature that it may ask; may be given again. Default: all, and models by name");
  sub->add_option("--requests", options.requests, "Its own limit of requests, e.g. 60/min");
  sub->add_option("--tokens", options.tokens, "Its own limit of tokens, e.g. 100k/min");
  sub->add_option("--concurrent", options.concurrent, "Its own limit of requests at a time")
      ->check(CLI::PositiveNumber);
  sub->add_option("--budget", options.budget, "What it may spend, e.g. $20/day (UTC)");
  sub->add_option("--expires", options.expires, "After this time it is refused, e.g. 90d");
}

}  // namespace

void add_keys(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("keys", "Make, list, rotate and revoke clients' keys.");
  verb->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();
  const auto action = [&](const char* name, const char* what, Action what_to_do) {
    return add_action(*verb, name, what, what_to_do, options, exit_code);
  };
  add_create(action("create", "Make a key and show its secret, once.", create), *options);
  add_format(action("list", "Show all keys; never their secrets.", list), *options);
  add_id(action("revoke", "Refuse a key from now on.", revoke), *options);
  CLI::App* rotating = action("rotate", "Give a key another secret.", rotate);
  add_id(rotating, *options);
  rotating->add_option("--overlap", options->overlap, "How long the earlier secrets still work")
      ->capture_default_str();
  add_format(action("audit", "Show every change there ever was, and who made it.", audit),
             *options);
  verb->footer(
      "Keys are kept beside the ledger, as SHA-256 only. The gateway asks for keys when the\n"
      "one-pager has `server: {auth: keys}`; changes reach it within 2 seconds, unrestarted.\n"
      "Clients send a key as \"Authorization: Bearer ...\", x-api-key or api-key.\n"
      "Examples:\n"
      "  plimsoll keys create team-a --feature support-bot --requests 60/min --expires 90d\n"
      "  plimsoll keys rotate team-a --overlap 1d\n"
      "  plimsoll keys revoke team-a");
}

}  // namespace plimsoll::cli
