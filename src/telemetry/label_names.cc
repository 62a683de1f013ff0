#include "telemetry/label_names.h"

#include <mutex>

namespace plimsoll::telemetry {

std::string LabelNames::admit(std::string_view value) {
  if (value.empty()) return "none";
  const std::string_view name = value.substr(0, kBytesMax);
  {
    const std::shared_lock lock(mutex_);
    if (names_.contains(name)) return std::string(name);
    if (names_.size() >= kMost) return "other";
  }
  const std::unique_lock lock(mutex_);
  if (names_.size() >= kMost && !names_.contains(name)) return "other";
  return *names_.emplace(name).first;
}

std::string escape_label(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace plimsoll::telemetry
