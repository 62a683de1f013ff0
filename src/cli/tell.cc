#include "cli/tell.h"

#include <fmt/format.h>

namespace plimsoll::cli {

int tell(const Error& error, int exit_code) {
  // Diagnostics of a one-pager come rendered, each with its own token and fix.
  if (error.kind == ErrorKind::config_invalid && error.what.ends_with('\n')) {
    fmt::print(stderr, "{}", error.what);
    return exit_code;
  }
  fmt::print(stderr, "plimsoll: error: {} [{}]\n", error.what, to_string(error.kind));
  if (!error.hint.empty()) fmt::print(stderr, "  fix: {}\n", error.hint);
  return exit_code;
}

}  // namespace plimsoll::cli
