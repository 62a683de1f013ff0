#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/in_process.h"
#include "app/plan_file.h"
#include "cli/features.h"
#include "cli/progress_line.h"
#include "cli/stop_signals.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "config/units.h"
#include "eval/http_subject.h"
#include "eval/runner.h"
#include "net/http_client.h"
#include "net/loop.h"

namespace plimsoll::cli {
namespace {

struct EvalFlags {
  std::string data, url, config, key, feature, price;
  std::string out = "results.jsonl";
  std::string timeout = "60s";
  eval::RunOptions run;
  bool resume = false;
  bool quiet = false;
};

/// Everything that is settled before the first question.
struct Session {
  const EvalFlags& flags;
  std::shared_ptr<const Plan> plan;  // null with --url
  eval::Dataset set;
  std::optional<Price> price;
  Secret key;
  CancelSource stop{};
  Result<eval::Progress> result = eval::Progress{};
};

Result<Secret> secret_of(const std::string& reference) {
  if (reference.empty()) return Secret();
  constexpr std::string_view kEnvironment = "env:";
  const std::string name = reference.substr(std::min(kEnvironment.size(), reference.size()));
  const char* value = reference.starts_with(kEnvironment) ? std::getenv(name.c_str()) : nullptr;
  if (value != nullptr && *value != '\0') return Secret(value);
  return fail(
      ErrorKind::config_invalid,
      reference.starts_with(kEnvironment)
          ? fmt::format("the environment has no {}", name)
          : std::string("--key takes a reference, so that no key shows in the process list"),
      "export the key and write --key env:NAME");
}

/// "0.25:2" -> dollars per million tokens, in and out.
Result<std::optional<Price>> price_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t colon = text.find(':');
  const auto input = config::parse_money(std::string_view(text).substr(0, colon));
  const auto output = colon == std::string::npos
                          ? std::nullopt
                          : config::parse_money(std::string_view(text).substr(colon + 1));
  if (input && output) return Price{.input = *input, .output = *output};
  return fail(ErrorKind::config_invalid, fmt::format("--price {} is not INPUT:OUTPUT", text),
              "write dollars per million tokens, as in --price 0.25:2");
}

/// Where the answers come from decides what else must be said.
Result<void> check_target(const EvalFlags& flags) {
  if (flags.url.empty() && flags.config.empty()) {
    return fail(ErrorKind::config_invalid, "nobody to ask",
                "name a server by --url, or a one-pager by -c to ask in this process");
  }
  if (!flags.url.empty() && !flags.config.empty()) {
    return fail(ErrorKind::config_invalid, "--url and -c exclude each other",
                "give the one-pager to plimsoll gate instead");
  }
  if (!flags.url.empty() && flags.feature.empty()) {
    return fail(ErrorKind::config_invalid, "no --feature was given",
                "name the feature, or the model of a server that is not Plimsoll");
  }
  if (!flags.url.empty() && flags.data.empty()) {
    return fail(ErrorKind::config_invalid, "no --data was given",
                "name a golden set, as in --data examples/golden/support.jsonl");
  }
  return {};
}

/// Reads the golden set; its problems are printed here.
std::optional<eval::Dataset> load_set(const std::string& path) {
  const auto text = eval::read_file(path);
  if (!text) {
    tell(text.error(), kUsageError);
    return std::nullopt;
  }
  auto set = eval::parse_dataset(*text);
  if (!set) {
    fmt::print(stderr, "{}", eval::render(set.error(), path));
    return std::nullopt;
  }
  return std::move(*set);
}

Task<Result<eval::Progress>> ask_all(Session& session, eval::Subject& subject,
                                     const std::string& feature) {
  const EvalFlags& flags = session.flags;
  eval::RunHeader header = eval::header_for(session.set, subject, flags.run);
  header.feature = feature;
  header.dataset = flags.data;
  if (session.plan) header.plan_version = session.plan->version;
  header.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  const auto if_there =
      flags.resume ? eval::ResultFile::IfThere::resume : eval::ResultFile::IfThere::refuse;
  PLIMSOLL_CO_TRY(eval::ResultFile file, eval::ResultFile::open(flags.out, header, if_there));
  if (file.resumed_rows() > 0) {
    fmt::print(stderr, "going on after {} answers in {}\n", file.resumed_rows(), flags.out);
  }
  ProgressLine line(flags.quiet);
  const auto show = [&line](const eval::Progress& p) {
    line.show(p.done, p.total, fmt::format("{} passed, {} failed", p.passed, p.failed));
  };
  co_return co_await eval::run_cases(session.set, subject, flags.run, file, show,
                                     session.stop.token());
}

Task<void> ask_url(Session& session, net::Loop& loop) {
  net::Client client(loop);
  eval::HttpSubject::Options options{.url = session.flags.url,
                                     .model = session.flags.feature,
                                     .key = session.key,
                                     .price = session.price};
  auto subject = eval::HttpSubject::make(std::move(options), client);
  if (!subject) {
    session.result = std::unexpected(std::move(subject).error());
    co_return;
  }
  session.result = co_await ask_all(session, **subject, session.flags.feature);
}

Task<void> ask_here(Session& session, app::InProcess& gateway) {
  auto subject = gateway.subject(session.flags.feature);
  session.result = co_await ask_all(session, *subject, session.flags.feature);
}

/// Runs the session on a loop; a signal stops it between two answers.
Result<void> run_session(Session& session) {
  std::mutex guard;  // of `running`: a late signal must not find a loop that is gone
  net::Loop* running = nullptr;
  StopSignals signals([&] {
    const std::lock_guard lock(guard);
    if (running == nullptr) return;
    running->post([&session] { session.stop.cancel(CancelReason::shutdown); });
  });
  const auto set_running = [&](net::Loop* loop) {
    const std::lock_guard lock(guard);
    running = loop;
  };
  std::unique_ptr<app::InProcess> gateway;
  std::unique_ptr<net::LoopGroup> own;
  if (session.plan) {
    PLIMSOLL_TRY(gateway, app::InProcess::start(session.plan));
  } else {
    own = std::make_unique<net::LoopGroup>(1);
    own->start();
  }
  net::LoopGroup& loops = gateway ? gateway->loops() : *own;
  set_running(&loops.at(0));
  loops.run_on(0, [&](net::Loop& loop) {
    return gateway ? ask_here(session, *gateway) : ask_url(session, loop);
  });
  set_running(nullptr);
  return {};
}

std::string gate_command(const EvalFlags& flags) {
  const std::string config = flags.config.empty() ? "plimsoll.yaml" : flags.config;
  return fmt::format("plimsoll gate {} -c {}{}", flags.out, config,
                     flags.feature.empty() ? "" : " --feature " + flags.feature);
}

int tell_result(const Session& session) {
  const EvalFlags& flags = session.flags;
  if (!session.result) {
    const Error& error = session.result.error();
    if (error.kind != ErrorKind::cancelled) {
      return tell(error, error.kind == ErrorKind::config_invalid ? kUsageError : kFailed);
    }
    fmt::print(stderr, "stopped; go on with the same command and --resume\n");
    return kFailed;
  }
  const eval::Progress& progress = *session.result;
  fmt::print("{} answers in {}: {} passed, {} failed\n", progress.done, flags.out, progress.passed,
             progress.failed);
  if (progress.harness_errors > 0) {
    fmt::print(stderr, "{} questions never reached {}: see \"error\" in {}\n",
               progress.harness_errors, flags.url.empty() ? "the feature" : flags.url, flags.out);
  }
  fmt::print("next: {}\n", gate_command(flags));
  return progress.done > 0 && progress.harness_errors == progress.done ? kFailed : kOk;
}

Result<std::chrono::milliseconds> timeout_of(const std::string& text) {
  const auto timeout = config::parse_duration(text);
  if (timeout && *timeout > 0) return std::chrono::milliseconds(*timeout);
  return fail(ErrorKind::config_invalid, fmt::format("--timeout {} is no duration", text),
              "write 60s or 2m");
}

/// The plan of -c, and what it says about feature and golden set.
Result<std::shared_ptr<const Plan>> plan_of(EvalFlags& flags) {
  if (flags.config.empty()) return nullptr;
  PLIMSOLL_TRY(auto plan, app::load_plan(flags.config));
  PLIMSOLL_TRY(const Feature* feature, feature_named(*plan, flags.feature));
  flags.feature = feature->name;
  if (flags.data.empty()) flags.data = feature->objectives.accuracy_on;
  if (!flags.data.empty()) return plan;
  return fail(ErrorKind::config_invalid,
              fmt::format("the accuracy promise of \"{}\" names no golden set", feature->name),
              "name one by --data");
}

/// Reads what the flags refer to. Without a session: the problem has been told.
Result<std::unique_ptr<Session>> prepare(EvalFlags& flags) {
  if (auto good = check_target(flags); !good) return std::unexpected(std::move(good).error());
  PLIMSOLL_TRY(flags.run.timeout, timeout_of(flags.timeout));
  PLIMSOLL_TRY(Secret key, secret_of(flags.key));
  PLIMSOLL_TRY(const std::optional<Price> price, price_of(flags.price));
  PLIMSOLL_TRY(auto plan, plan_of(flags));
  auto set = load_set(flags.data);
  if (!set) return nullptr;
  return std::unique_ptr<Session>(new Session{.flags = flags,
                                              .plan = std::move(plan),
                                              .set = std::move(*set),
                                              .price = price,
                                              .key = std::move(key)});
}

int eval_verb(EvalFlags& flags) {
  auto session = prepare(flags);
  if (!session) return tell(session.error(), kUsageError);
  if (*session == nullptr) return kUsageError;
  if (auto ran = run_session(**session); !ran) return tell(ran.error(), kUsageError);
  return tell_result(**session);
}

}  // namespace

void add_eval(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("eval", "Ask a golden set and write down every answer.");
  auto flags = std::make_shared<EvalFlags>();
  verb->add_option(
      "--data", flags->data,
      "The golden set, JSON Lines. Default with -c: the one the accuracy promise is on");
  verb->add_option("--url", flags->url,
                   "Ask this server: any OpenAI-compatible base URL, such as "
                   "http://127.0.0.1:8080/v1");
  verb->add_option("-c,--config", flags->config, "Ask in this process, under this one-pager");
  verb->add_option("--feature", flags->feature,
                   "What requests name as their model: a feature, or another server's model");
  verb->add_option("--key", flags->key, "env:NAME of the key to send to --url");
  verb->add_option("--out", flags->out, "The result file")->capture_default_str();
  verb->add_flag("--resume", flags->resume, "Go on with the run in --out");
  verb->add_option("--runs", flags->run.runs, "How often to ask each case")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  verb->add_option("--limit", flags->run.limit, "Ask only the first cases; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--concurrency", flags->run.concurrency, "Questions under way at once")
      ->check(CLI::Range(1, eval::kConcurrencyMax))
      ->capture_default_str();
  verb->add_option("--timeout", flags->timeout, "For one question")->capture_default_str();
  verb->add_flag("--stream", flags->run.stream, "Ask for streams, to time the first token");
  verb->add_option("--price", flags->price,
                   "INPUT:OUTPUT in dollars per million tokens, for a server that tells no cost");
  verb->add_flag("--quiet", flags->quiet, "No progress line");
  verb->footer(
      "Examples:\n"
      "  plimsoll eval --data golden/support.jsonl --url http://127.0.0.1:8080/v1 \\\n"
      "                --feature support-bot --out results.jsonl\n"
      "  plimsoll eval -c plimsoll.yaml --feature support-bot --runs 5 --out results.jsonl\n"
      "  plimsoll gate results.jsonl -c plimsoll.yaml --feature support-bot\n"
      "A case is one line: {\"id\": \"a\", \"input\": \"Where is A-1?\", \"expected\": ...}; "
      "checks are\n"
      "equals, contains, not_contains, regex, json, json_schema and numeric.\n"
      "Ctrl-C leaves a file that --resume goes on with. Exit codes: 0 the run is complete\n"
      "(whatever the answers were worth: that is the gate's to say), 1 stopped or nothing\n"
      "was reached, 2 usage, configuration or a golden set with problems.");
  verb->callback([flags, &exit_code] { exit_code = eval_verb(*flags); });
}

}  // namespace plimsoll::cli
