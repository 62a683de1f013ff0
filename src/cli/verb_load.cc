#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "cli/stop_signals.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "eval/load.h"
#include "eval/load_report.h"
#include "sim/files.h"
#include "sim/spread.h"

namespace plimsoll::cli {
namespace {

struct LoadFlags {
  std::string url = "http://127.0.0.1:8080/v1", model = "small";
  std::string arrivals = "constant", duration = "10s", timeout = "60s";
  double rate = 10;
  std::uint64_t seed = 7;
  bool stream = false, quiet = false;
  std::string body, golden, key_env;
  std::string prompt = "Say hello in one sentence.";
  std::size_t connections_max = 1024, in_flight_max = 10'000, threads = 1;
  std::string p50, p95, p99, first_token_p95;
  double failures = -1;
  std::string format = "table";
};

Result<eval::LoadQuestion> body_question(const std::string& path) {
  eval::LoadQuestion question;
  PLIMSOLL_TRY(question.body, sim::read_file(path));
  json::Document document;
  PLIMSOLL_TRY(const json::Value root, document.parse(question.body));
  question.stream = root.get_bool("stream").value_or(false);
  return question;
}

Result<std::vector<eval::LoadQuestion>> golden_questions(const LoadFlags& flags) {
  PLIMSOLL_TRY(const std::string text, sim::read_file(flags.golden));
  auto set = eval::parse_dataset(text);
  // Rendered problems carry their own fix and end in a new line, which tell() knows.
  if (!set) return fail(ErrorKind::config_invalid, eval::render(set.error(), flags.golden));
  std::vector<eval::LoadQuestion> questions;
  for (const eval::Case& asked : set->cases) {
    const bool stream = flags.stream || asked.stream;
    questions.push_back({.body = eval::request_body(asked, flags.model, stream),
                         .stream = stream,
                         .checks = asked.checks});
  }
  return questions;
}

eval::LoadQuestion prompt_question(const LoadFlags& flags) {
  eval::Case asked;
  asked.request_members =
      fmt::format(R"("messages":[{{"role":"user","content":{}}}])", json::quoted(flags.prompt));
  return {.body = eval::request_body(asked, flags.model, flags.stream), .stream = flags.stream};
}

Result<std::vector<eval::LoadQuestion>> questions_of(const LoadFlags& flags) {
  if (!flags.golden.empty()) return golden_questions(flags);
  if (flags.body.empty()) return std::vector{prompt_question(flags)};
  PLIMSOLL_TRY(eval::LoadQuestion question, body_question(flags.body));
  return std::vector{std::move(question)};
}

Result<eval::LoadOptions> options_of(const LoadFlags& flags) {
  eval::LoadOptions options;
  PLIMSOLL_TRY(options.origin, net::parse_origin(flags.url));
  options.origin.connections_max = flags.connections_max;
  if (!flags.key_env.empty()) {
    const char* key = std::getenv(flags.key_env.c_str());
    if (key == nullptr) {
      return fail(ErrorKind::config_invalid,
                  fmt::format("the environment has no {}", flags.key_env),
                  fmt::format("export {}=...", flags.key_env));
    }
    options.key = Secret(key);
  }
  PLIMSOLL_TRY(options.questions, questions_of(flags));
  PLIMSOLL_TRY(eval::Arrivals arrivals, eval::parse_arrivals(flags.arrivals, flags.rate));
  PLIMSOLL_TRY(arrivals.duration, sim::parse_time(flags.duration));
  arrivals.seed = flags.seed;
  PLIMSOLL_TRY(options.plan, eval::plan_arrivals(arrivals));
  PLIMSOLL_TRY(options.timeout, sim::parse_time(flags.timeout));
  options.in_flight_max = flags.in_flight_max;
  options.threads = flags.threads;
  return options;
}

Result<eval::LoadLimits> limits_of(const LoadFlags& flags) {
  eval::LoadLimits limits;
  const std::pair<const std::string*, std::optional<std::chrono::nanoseconds>*> times[] = {
      {&flags.p50, &limits.p50},
      {&flags.p95, &limits.p95},
      {&flags.p99, &limits.p99},
      {&flags.first_token_p95, &limits.first_content_p95}};
  for (const auto& [text, limit] : times) {
    if (text->empty()) continue;
    PLIMSOLL_TRY(*limit, sim::parse_time(*text));
  }
  if (flags.failures >= 0) limits.failures = flags.failures;
  return limits;
}

void show(const eval::LoadProgress& progress, Clock::duration elapsed) {
  fmt::print(stderr, "{:>4} s  sent {}/{}  ok {}  failed {}  in flight {}\n",
             std::chrono::duration_cast<std::chrono::seconds>(elapsed).count(), progress.sent,
             progress.planned, progress.ok, progress.failed, progress.in_flight);
}

int load(const LoadFlags& flags) {
  auto options = options_of(flags);
  if (!options) return tell(options.error(), kUsageError);
  const auto limits = limits_of(flags);
  if (!limits) return tell(limits.error(), kUsageError);
  eval::LoadHeading heading{.url = flags.url, .model = flags.model, .arrivals = flags.arrivals};
  heading.planned = options->plan.size();
  eval::LoadRun run(std::move(*options));
  const StopSignals signals([&run] { run.stop(); });
  const auto began = Clock::now();
  run.start();
  while (!run.wait(std::chrono::seconds(1))) {
    if (!flags.quiet) show(run.progress(), Clock::now() - began);
  }
  heading.stopped = signals.stopped();
  const eval::LoadTally tally = run.tally();
  const auto verdicts = eval::judge_load(tally, *limits);
  fmt::print("{}", flags.format == "json" ? eval::load_json(heading, tally, verdicts)
                                          : eval::load_table(heading, tally, verdicts));
  for (const eval::LoadVerdict& verdict : verdicts) {
    if (verdict.result != eval::LoadVerdict::Result::pass) return kFailed;
  }
  return kOk;
}

void add_plan_flags(CLI::App& verb, LoadFlags& flags) {
  verb.add_option("--url", flags.url, "Base URL, /v1 included")->capture_default_str();
  verb.add_option("--key-env", flags.key_env, "Environment variable that holds the API key");
  verb.add_option("--rate", flags.rate, "Requests per second")->capture_default_str();
  verb.add_option("--duration", flags.duration, "How long to send")->capture_default_str();
  verb.add_option("--arrivals", flags.arrivals, "constant, poisson, ramp or ramp:FROM:TO")
      ->capture_default_str();
  verb.add_option("--seed", flags.seed, "Of poisson arrivals")->capture_default_str();
  verb.add_option("--timeout", flags.timeout, "Of one request, from its planned time")
      ->capture_default_str();
  verb.add_option("--connections-max", flags.connections_max,
                  "Per thread; more requests wait for one, and the wait is measured")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--in-flight-max", flags.in_flight_max, "More are counted as not_sent")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--threads", flags.threads, "Event loops that send")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_question_flags(CLI::App& verb, LoadFlags& flags) {
  verb.add_option("--model", flags.model, "The model or feature to ask")->capture_default_str();
  verb.add_flag("--stream", flags.stream, "Ask for streams; measures the first token and gaps");
  verb.add_option("--prompt", flags.prompt, "What to ask")->capture_default_str();
  CLI::Option* body = verb.add_option("--body", flags.body, "A file with the whole JSON body");
  verb.add_option("--golden", flags.golden, "A golden set: asks its cases, checks the answers")
      ->excludes(body);
}

void add_verdict_flags(CLI::App& verb, LoadFlags& flags) {
  verb.add_option("--p50-under", flags.p50, "Fail unless half are faster, from planned time");
  verb.add_option("--p95-under", flags.p95, "The same for 95 %");
  verb.add_option("--p99-under", flags.p99, "The same for 99 %; no verdict if we were late");
  verb.add_option("--first-token-p95-under", flags.first_token_p95, "For the first token");
  verb.add_option("--failures-under", flags.failures, "Fail if a larger share fails, e.g. 0.01")
      ->check(CLI::Range(0.0, 1.0));
  verb.add_option("--format", flags.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  verb.add_flag("--quiet", flags.quiet, "No progress lines");
}

}  // namespace

void add_load(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "load", "Send requests on a fixed plan and measure from the planned time.");
  auto flags = std::make_shared<LoadFlags>();
  add_plan_flags(*verb, *flags);
  add_question_flags(*verb, *flags);
  add_verdict_flags(*verb, *flags);
  verb->footer(
      "Examples:\n"
      "  plimsoll load --url http://127.0.0.1:9090/v1 --rate 200 --duration 10s\n"
      "  plimsoll load --rate 50 --arrivals poisson --stream --p95-under 1s\n"
      "  plimsoll load --golden golden/support.jsonl --model support-bot --format json\n"
      "Open loop: a slow server does not slow the plan, so its stalls are seen.\n"
      "Exit codes: 0 ok, 1 a verdict failed or could not be given, 2 usage.");
  verb->callback([flags, &exit_code] { exit_code = load(*flags); });
}

}  // namespace plimsoll::cli
