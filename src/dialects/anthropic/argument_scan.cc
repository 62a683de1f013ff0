#include "dialects/anthropic/argument_scan.h"

#include "dialects/json_object.h"

namespace plimsoll::dialects::anthropic {

void ArgumentScan::feed(std::string_view fragment) noexcept {
  for (const char c : fragment) {
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      escaped_ = c == '\\';
      in_string_ = c != '"';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      begun_ = true;
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }
}

std::string input_of(const std::string& arguments) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
  json::Document document;
  const auto value = document.parse(arguments);
  // Written again on one line: it may stand in a line of a stream.
  if (value && value->kind() == json::Kind::object) return value->dump();
  std::string wrapped;
  JsonObject object(wrapped);
  object.text("_raw", arguments);
  object.end();
  return wrapped;
}

}  // namespace plimsoll::dialects::anthropic
