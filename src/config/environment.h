#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::config {

/// What a one-pager may refer to outside itself. Relative paths start at the
/// folder of the one-pager. Called on the thread that compiles.
class Environment {
 public:
  virtual ~Environment() = default;

  /// The value of an environment variable; empty when it is not set.
  virtual std::optional<std::string> variable(std::string_view name) const = 0;

  /// The whole text of a file of at most 1 MiB.
  ///
  /// Errors
  ///   io_failed   it is missing, unreadable, no regular file or too large
  [[nodiscard]] virtual Result<std::string> read_file(std::string_view path) const = 0;

  /// Whether the file can be opened for reading.
  ///
  /// Errors
  ///   io_failed   it is missing, unreadable or no regular file
  [[nodiscard]] virtual Result<void> probe_file(std::string_view path) const = 0;

  /// The path as the plan keeps it: good from the working folder.
  virtual std::string resolve(std::string_view path) const = 0;
};

}  // namespace plimsoll::config
