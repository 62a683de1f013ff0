#pragma once

// For tests only: the shared reference figures, where they are at hand.

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "nlohmann/json.hpp"

namespace plimsoll::objectives {

inline std::optional<nlohmann::json> reference_values() {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const std::string folder = shared ? shared : PLIMSOLL_SOURCE_DIR "/../shared";
  std::ifstream file(folder + "/data/stat-reference/values.json");
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

}  // namespace plimsoll::objectives

/// Names `values`, or skips the test and says why.
#define PLIMSOLL_REFERENCE_OR_SKIP(values)                                    \
  const auto values##_found = ::plimsoll::objectives::reference_values();     \
  if (!values##_found) GTEST_SKIP() << "stat-reference/values.json not here"; \
  const nlohmann::json& values = *values##_found
