#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/verbs.h"
#include "cli/version.h"

namespace plimsoll::cli {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("version", "Print the version and how it was built.");
  verb->callback([&exit_code] {
    fmt::print("plimsoll {} ({}, C++{}, {})\n", kVersion, __VERSION__, __cplusplus / 100 % 100,
#ifdef NDEBUG
               "release"
#else
               "debug"
#endif
    );
    exit_code = 0;
  });
}

}  // namespace plimsoll::cli
