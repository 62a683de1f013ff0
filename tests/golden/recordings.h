#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/codec.h"

/// The recorded exchanges that lie beside the repository; none where they do not.
namespace plimsoll::recordings {

struct Exchange {
  std::string id, provider, request, response;
  int status = 0;
  dialects::HeaderList headers;
  bool is_stream() const {
    return response.starts_with("data:") || response.starts_with(":") ||
           response.starts_with("event:");
  }
};

inline std::filesystem::path folder() {
  namespace fs = std::filesystem;
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const fs::path base = shared != nullptr ? shared : PLIMSOLL_SOURCE_DIR "/../shared";
  const fs::path there = base / "data/cassettes/normalized";
  // A worktree may lie one level deeper.
  return fs::exists(there)
             ? there
             : fs::path(PLIMSOLL_SOURCE_DIR "/../../shared/data/cassettes/normalized");
}

/// Those whose endpoint ends in `endpoint`, bodies as text only.
inline std::vector<Exchange> load(std::string_view endpoint) {
  std::vector<Exchange> exchanges;
  if (!std::filesystem::exists(folder())) return exchanges;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const auto record = nlohmann::json::parse(line);
      const auto& response = record["response"];
      if (!record["endpoint"].get<std::string>().ends_with(endpoint)) continue;
      if (!response["body"].contains("text") || !record["request"]["body"].contains("text"))
        continue;
      exchanges.push_back({record["id"],
                           record["provider"],
                           record["request"]["body"]["text"],
                           response["body"]["text"],
                           response["status"],
                           {}});
      for (const auto& [name, value] : response["headers"].items())
        exchanges.back().headers.emplace_back(name, value.get<std::string>());
    }
  }
  return exchanges;
}

}  // namespace plimsoll::recordings
