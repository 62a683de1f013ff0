#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "config/environment.h"

namespace plimsoll::config {

/// An environment of two maps. Relative paths stay as they are.
class FakeEnvironment final : public Environment {
 public:
  std::map<std::string, std::string, std::less<>> variables, files;

  std::optional<std::string> variable(std::string_view name) const override {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }
  Result<std::string> read_file(std::string_view path) const override {
    const auto found = files.find(path);
    if (found == files.end())
      return fail(ErrorKind::io_failed, std::string(path) + ": no such file");
    return found->second;
  }
  Result<void> probe_file(std::string_view path) const override {
    if (!files.contains(path))
      return fail(ErrorKind::io_failed, std::string(path) + ": no such file");
    return {};
  }
  std::string resolve(std::string_view path) const override { return std::string(path); }
};

}  // namespace plimsoll::config
