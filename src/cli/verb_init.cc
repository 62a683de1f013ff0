#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "cli/verbs.h"
#include "config/reference.h"

namespace plimsoll::cli {
namespace {

struct Options {
  std::string file = "plimsoll.yaml";
  bool force = false;
  bool to_stdout = false;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int tell_failure(const std::string& file, int error) {
  if (error == EEXIST) {
    fmt::print(stderr,
               "plimsoll: {} is already there\n  fix: edit it, or overwrite it with --force\n",
               file);
    return 2;
  }
  fmt::print(stderr, "plimsoll: {} cannot be written: {}\n  fix: choose another place with -c\n",
             file, std::strerror(error));
  return 1;
}

int run(const Options& options) {
  if (options.to_stdout) {
    fmt::print("{}", config::starter());
    return 0;
  }
  const int exclusive = options.force ? O_TRUNC : O_EXCL;
  const int fd = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | exclusive, 0644);
  if (fd < 0) return tell_failure(options.file, errno);
  const bool written = write_all(fd, config::starter());
  const int error = errno;
  if (::close(fd) != 0 || !written) return tell_failure(options.file, written ? errno : error);
  fmt::print("wrote {}\n  next: export OPENAI_API_KEY=..., then plimsoll check -c {}\n",
             options.file, options.file);
  return 0;
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("init", "Write a first plimsoll.yaml, commented and valid.");
  auto options = std::make_shared<Options>();
  verb->add_option("-c,--config", options->file, "the file to write")->capture_default_str();
  verb->add_flag("--force", options->force, "overwrite a file that is already there");
  verb->add_flag("--stdout", options->to_stdout, "print it instead");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace plimsoll::cli
