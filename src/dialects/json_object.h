#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace plimsoll::dialects {

/// Writes one JSON object onto the end of a string, member by member. The string
/// must outlive it; `end` closes the object and is called once.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view key, std::string_view value) {
    open(key);
    json::append_string(out_, value);
  }
  void raw(std::string_view key, std::string_view json) {
    open(key);
    out_ += json;
  }
  void integer(std::string_view key, std::int64_t value) { raw(key, fmt::to_string(value)); }
  /// The shortest spelling that reads back as `value`, which is finite.
  void number(std::string_view key, double value) { raw(key, fmt::format("{}", value)); }
  void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  /// Begins the member `key`; its value is what is appended to the result next.
  std::string& open(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    json::append_string(out_, key);
    out_ += ':';
    return out_;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

/// Puts a comma between the items of an array that is being written.
inline std::string& next_item(std::string& out) {
  if (out.back() != '[') out += ',';
  return out;
}

}  // namespace plimsoll::dialects
