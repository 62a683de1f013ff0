#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "cli/verbs.h"
#include "config/explain.h"
#include "config/failures.h"
#include "config/reference.h"

namespace plimsoll::cli {
namespace {

namespace fs = std::filesystem;

bool write(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return true;
  fmt::print(stderr, "plimsoll: {} cannot be written\n  fix: choose another folder with --out\n",
             path.string());
  return false;
}

int run(const fs::path& folder) {
  const bool done = write(folder / "reference/config.md", config::reference_markdown()) &&
                    write(folder / "reference/plimsoll.schema.json", config::json_schema()) &&
                    write(folder / "reference/failures.md", config::failures_markdown()) &&
                    write(folder / "errors.md", config::errors_markdown());
  return done ? 0 : 1;
}

}  // namespace

void add_docs(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("docs", "Write the generated pages of docs/.");
  verb->group("");  // for maintainers: not in --help
  auto folder = std::make_shared<std::string>("docs");
  verb->add_option("--out", *folder, "the docs folder")->capture_default_str();
  verb->callback([folder, &exit_code] { exit_code = run(*folder); });
}

}  // namespace plimsoll::cli
