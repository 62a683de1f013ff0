#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/flag_lists.h"
#include "cli/stop_signals.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "sim/files.h"
#include "sim/simulator.h"

namespace plimsoll::cli {
namespace {

constexpr std::chrono::seconds kDrainMax{2};

struct SimFlags {
  std::string listen = "127.0.0.1:9090";
  std::uint64_t seed = 7;
  std::string profile = "steady", config, golden, script, replay, port_file, api_key;
  std::string latency, first_token, between_tokens, tokens, retry_after, retry_after_wait;
  std::string tokens_per_event, cut_at;
  std::string accuracy, faults, flaws;
  std::string models = "small,large";
  std::size_t threads = 1;
};

/// "small=0.8,large=0.97" or "0.9": without a name it is for all models.
Result<void> set_accuracies(sim::Profile& profile, const std::string& text) {
  for (const auto& [model, share] : named_values(text)) {
    auto set =
        model.empty() ? profile.set("accuracy", share) : profile.set_for(model, "accuracy", share);
    if (!set) return set;
  }
  return {};
}

Result<void> set_rates(sim::Profile& profile, std::string_view group, const std::string& text) {
  for (const auto& [kind, rate] : named_values(text)) {
    if (auto set = profile.set(fmt::format("{}.{}", group, kind), rate); !set) return set;
  }
  return {};
}

Result<sim::Profile> profile_of(const SimFlags& flags) {
  PLIMSOLL_TRY(sim::Profile profile, sim::named_profile(flags.profile));
  if (!flags.config.empty()) {
    PLIMSOLL_TRY(const std::string text, sim::read_file(flags.config));
    if (auto laid = sim::lay_over(profile, text); !laid) return std::unexpected(laid.error());
  }
  const std::pair<std::string_view, const std::string*> fields[] = {
      {"latency", &flags.latency},
      {"first_token", &flags.first_token},
      {"between_tokens", &flags.between_tokens},
      {"tokens", &flags.tokens},
      {"tokens_per_event", &flags.tokens_per_event},
      {"cut_at", &flags.cut_at},
      {"retry_after", &flags.retry_after},
      {"retry_after_wait", &flags.retry_after_wait}};
  for (const auto& [field, value] : fields) {
    if (value->empty()) continue;
    if (auto set = profile.set(field, *value); !set) return std::unexpected(set.error());
  }
  if (auto set = set_accuracies(profile, flags.accuracy); !set) return std::unexpected(set.error());
  if (auto set = set_rates(profile, "faults", flags.faults); !set)
    return std::unexpected(set.error());
  if (auto set = set_rates(profile, "flaws", flags.flaws); !set)
    return std::unexpected(set.error());
  return profile;
}

Result<sim::SimulatorOptions> options_of(const SimFlags& flags) {
  sim::SimulatorOptions options;
  options.listen = flags.listen;
  options.seed = flags.seed;
  options.api_key = flags.api_key;
  PLIMSOLL_TRY(options.profile, profile_of(flags));
  options.models.clear();
  for (const auto& [unused, model] : named_values(flags.models)) options.models.push_back(model);
  if (!flags.golden.empty()) {
    PLIMSOLL_TRY(options.golden, sim::GoldenSet::load(flags.golden));
  }
  if (!flags.replay.empty()) {
    PLIMSOLL_TRY(options.tape, sim::Tape::load(flags.replay));
  }
  if (!flags.script.empty()) {
    PLIMSOLL_TRY(const std::string text, sim::read_file(flags.script));
    PLIMSOLL_TRY(options.script, sim::Script::parse(text));
  }
  return options;
}

/// Written whole before it gets its name, so that a reader never sees half of it.
Result<void> write_port_file(const std::string& path, std::uint16_t port) {
  const std::string draft = path + ".new";
  {
    std::ofstream out(draft);
    out << port << '\n';
    if (!out) {
      return fail(ErrorKind::io_failed, fmt::format("cannot write {}", draft),
                  "name a folder that can be written");
    }
  }
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    return fail(ErrorKind::io_failed, fmt::format("cannot write {}", path),
                "name a folder that can be written");
  }
  return {};
}

void tell_counts(const sim::Counts& counts) {
  fmt::print(stderr, "plimsoll sim: {} requests, {} answered to the end, {} cut by us, {} left\n",
             counts.requests, counts.completed, counts.closed_by_us, counts.closed_by_peer);
}

int simulate(const SimFlags& flags) {
  auto options = options_of(flags);
  if (!options) return tell(options.error(), kUsageError);
  std::mutex mutex;
  std::condition_variable stopping;
  StopSignals signals([&] { stopping.notify_all(); });
  auto simulator = sim::Simulator::start(std::move(*options), flags.threads);
  if (!simulator) return tell(simulator.error(), kFailed);
  if (!flags.port_file.empty()) {
    if (auto done = write_port_file(flags.port_file, (*simulator)->port()); !done)
      return tell(done.error(), kFailed);
  }
  // Scripts read the port from this line.
  fmt::print("plimsoll sim listening on {}:{} profile={} seed={}\n",
             flags.listen.substr(0, flags.listen.rfind(':')), (*simulator)->port(), flags.profile,
             flags.seed);
  std::fflush(stdout);
  std::unique_lock lock(mutex);
  while (!signals.stopped()) stopping.wait_for(lock, std::chrono::milliseconds(200));
  (*simulator)->drain(kDrainMax);
  tell_counts((*simulator)->counts());
  return kOk;
}

void add_server_flags(CLI::App& verb, SimFlags& flags) {
  verb.add_option("--listen", flags.listen, "Where to listen; port 0 takes any free one")
      ->capture_default_str();
  verb.add_option("--port-file", flags.port_file, "Write the bound port to this file");
  verb.add_option("--threads", flags.threads, "Event loops")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  verb.add_option("--seed", flags.seed, "Equal seeds give equal lies")->capture_default_str();
  verb.add_option("--models", flags.models, "What GET /v1/models lists")->capture_default_str();
  verb.add_option("--api-key", flags.api_key, "Answer 401 to every other key");
}

void add_behaviour_flags(CLI::App& verb, SimFlags& flags) {
  verb.add_option("--profile", flags.profile,
                  fmt::format("One of: {}", fmt::join(sim::profile_names(), ", ")))
      ->capture_default_str();
  verb.add_option("--config", flags.config, "A profile file (JSON), laid over the profile");
  verb.add_option("--latency", flags.latency,
                  "Before a whole answer: 300ms, lognormal:300ms:0.5, bimodal:100ms:2s:0.1, "
                  "spikes:50ms:3s:0.02, uniform:A:B");
  verb.add_option("--first-token", flags.first_token, "Before a stream's first event");
  verb.add_option("--between-tokens", flags.between_tokens, "Between two content events");
  verb.add_option("--tokens", flags.tokens, "Length of answers that no golden case gives");
  verb.add_option("--tokens-per-event", flags.tokens_per_event, "Tokens in one content event");
  verb.add_option("--faults", flags.faults,
                  "kind=rate,...: rate_limited server_error unavailable overloaded reset hang "
                  "cut_reset cut_eof stops_early no_done malformed_event error_in_stream");
  verb.add_option("--flaws", flags.flaws,
                  "kind=rate,...: fenced wrong_type missing_key truncated prose refusal "
                  "wrong_language");
  verb.add_option("--cut-at", flags.cut_at, "The token at which streams break; else drawn");
  verb.add_option("--retry-after", flags.retry_after,
                  "How a 429 tells its wait: seconds, date, milliseconds, ratelimit_reset, none");
  verb.add_option("--retry-after-wait", flags.retry_after_wait, "The wait it tells");
}

void add_answer_flags(CLI::App& verb, SimFlags& flags) {
  verb.add_option("--golden", flags.golden,
                  "Golden set (JSONL) whose expected answers are known, matched by user message");
  verb.add_option("--accuracy", flags.accuracy,
                  "Share of golden cases answered right: 0.9, or small=0.8,large=0.97");
  verb.add_option("--script", flags.script, "Scripted steps (JSON), consumed in order");
  verb.add_option("--replay", flags.replay,
                  "Recorded exchanges (JSONL), by header x-sim-replay, by body, else in order");
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "sim", "Serve a simulated provider that is slow, fails and lies, all from a seed.");
  auto flags = std::make_shared<SimFlags>();
  add_server_flags(*verb, *flags);
  add_behaviour_flags(*verb, *flags);
  add_answer_flags(*verb, *flags);
  verb->footer(
      "Examples:\n"
      "  plimsoll sim --profile production\n"
      "  plimsoll sim --golden golden/support.jsonl --accuracy small=0.8,large=0.97\n"
      "  plimsoll sim --faults rate_limited=0.1,reset=0.05 --retry-after milliseconds\n"
      "  curl -s http://127.0.0.1:9090/sim/stats        what it did, counted\n"
      "Point a client's base URL at http://127.0.0.1:9090/v1. Guide: docs/guide/sim.md");
  verb->callback([flags, &exit_code] { exit_code = simulate(*flags); });
}

}  // namespace plimsoll::cli
