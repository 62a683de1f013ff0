#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/verbs.h"
#include "config/compile.h"
#include "config/reference.h"
#include "config/summary.h"

namespace plimsoll::cli {
namespace {

constexpr int kConfigError = 2;

struct Options {
  std::string file = "plimsoll.yaml";
  std::string format = "text";
  bool schema = false;
  bool assume_secrets = false;
};

int run(const Options& options) {
  if (options.schema) {
    fmt::print("{}", config::json_schema());
    return 0;
  }
  const config::Loaded loaded = config::load(
      options.file, options.assume_secrets ? config::Secrets::assumed : config::Secrets::required);
  if (options.format == "json") {
    fmt::print("{}", config::render_json(loaded.diagnostics));
  } else if (loaded.plan) {
    fmt::print("{}: ok, plan {}\n{}", options.file, loaded.plan->version,
               config::summary(*loaded.plan));
  } else {
    fmt::print(stderr, "{}", loaded.report());
  }
  return loaded.plan ? 0 : kConfigError;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "check",
      "Say everything that is wrong with a plimsoll.yaml, or what it does when nothing is.");
  auto options = std::make_shared<Options>();
  verb->add_option("-c,--config", options->file, "the file to check")->capture_default_str();
  verb->add_option("--format", options->format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->add_flag("--assume-secrets", options->assume_secrets,
                 "take it that every env: and file: secret is there");
  verb->add_flag("--schema", options->schema, "print the JSON Schema of the file and stop");
  verb->footer(
      "Nothing is started and no network is used. Exit codes: 0 the file is good, 2 it is not.");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace plimsoll::cli
