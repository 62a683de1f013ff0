#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <string_view>
#include <vector>

#include "base/candidates.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace {

void add_verbs(CLI::App& app, int& exit_code) {
  using namespace plimsoll::cli;
  add_init(app, exit_code);
  add_check(app, exit_code);
  add_explain(app, exit_code);
  add_models(app, exit_code);
  add_serve(app, exit_code);
  add_sim(app, exit_code);
  add_load(app, exit_code);
  add_eval(app, exit_code);
  add_gate(app, exit_code);
  add_keys(app, exit_code);
  add_ledger(app, exit_code);
  add_version(app, exit_code);
  add_completion(app, exit_code);
  add_docs(app, exit_code);
}

/// CLI11 would only say that a subcommand is required.
bool is_unknown_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto verbs = app.get_subcommands({});
  return std::ranges::none_of(verbs, [name = std::string(argv[1])](const CLI::App* verb) {
    return verb->get_name() == name;
  });
}

int tell_unknown_verb(const CLI::App& app, std::string_view wrong) {
  std::vector<std::string_view> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  const auto near = plimsoll::nearest_names(wrong, names);
  fmt::print(stderr, "plimsoll: there is no verb \"{}\"\n  fix: {}\n", wrong,
             near.empty() ? "see plimsoll --help for the list"
                          : fmt::format("did you mean {}?", plimsoll::quoted_choice(near)));
  return plimsoll::cli::kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{
      "Plimsoll holds every request to your language models to one page of promises:\n"
      "it serves (serve), measures (load, eval), judges (gate) and remembers (ledger).",
      "plimsoll"};
  app.set_version_flag("--version", std::string(plimsoll::cli::kVersion));
  app.require_subcommand(1);
  app.footer(
      "Start here:\n"
      "  plimsoll serve                 with OPENAI_API_KEY set: a gateway on 127.0.0.1:8080\n"
      "  plimsoll init                  write a first plimsoll.yaml\n"
      "  plimsoll explain CODE          what an error code means and how to fix it\n"
      "Exit codes: 0 ok, 1 failed verdict or run-time failure, 2 usage or configuration.");
  int exit_code = 0;
  add_verbs(app, exit_code);
  if (is_unknown_verb(app, argc, argv)) return tell_unknown_verb(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : plimsoll::cli::kUsageError;
  }
  return exit_code;
}
