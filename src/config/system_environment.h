#pragma once

#include <string>

#include "config/environment.h"

namespace plimsoll::config {

/// What stands in for secrets that are not there.
enum class Secrets : unsigned char {
  required,  // a missing one is a problem
  assumed,   // every reference has a value: to check a file where it will not run
};

/// The process's environment variables, and files below `folder` ("": the
/// working folder). Reads at most 1 MiB of a file.
class SystemEnvironment final : public Environment {
 public:
  explicit SystemEnvironment(std::string folder = "", Secrets secrets = Secrets::required)
      : folder_(std::move(folder)), secrets_(secrets) {}

  std::optional<std::string> variable(std::string_view name) const override;
  Result<std::string> read_file(std::string_view path) const override;
  Result<void> probe_file(std::string_view path) const override;
  std::string resolve(std::string_view path) const override;

 private:
  std::string folder_;
  Secrets secrets_;
};

}  // namespace plimsoll::config
