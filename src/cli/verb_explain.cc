#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/candidates.h"
#include "cli/verbs.h"
#include "config/explain.h"

namespace plimsoll::cli {
namespace {

int run(const std::string& topic) {
  if (topic.empty()) {
    fmt::print("{}", config::explain_list());
    return 0;
  }
  if (const auto page = config::explain(topic)) {
    fmt::print("{}", *page);
    return 0;
  }
  const auto topics = config::topics();
  const auto near = nearest_names(topic, topics);
  fmt::print(stderr, "plimsoll: nothing is called \"{}\"\n  fix: {}\n", topic,
             near.empty() ? "run plimsoll explain for the list"
                          : fmt::format("did you mean {}?", quoted_choice(near)));
  return 2;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "explain", "Say what an error code, a config problem or a field means, and what to do.");
  auto topic = std::make_shared<std::string>();
  verb->add_option("CODE|FIELD", *topic,
                   "e.g. upstream_rate_limited, config_unknown_key, objectives.latency.p95");
  verb->footer("Without a name it lists everything that has a page.");
  verb->callback([topic, &exit_code] { exit_code = run(*topic); });
}

}  // namespace plimsoll::cli
