#include "base/json.h"
#include "dialects/openai_chat/openai_chat.h"

namespace plimsoll::dialects::openai_chat {
namespace {

/// True when every line is a comment or empty: such bytes never reach the code
/// behind a client's parser.
bool is_silent(std::string_view raw) {
  bool line_begins = true;
  for (const char c : raw) {
    const bool line_end = c == '\n' || c == '\r';
    if (line_begins && !line_end && c != ':') return false;
    line_begins = line_end;
  }
  return true;
}

}  // namespace

void append_event(std::string& out, const Event& event, const Request& request) {
  if (event.kind == Event::Kind::usage && !request.usage_asked) return;
  // A ping of another dialect crashes clients of this one; its heartbeat stays.
  if (event.kind == Event::Kind::comment && !is_silent(event.raw)) {
    out += ":\n\n";
    return;
  }
  out += event.raw;
}

std::string encode_model(std::string_view id) {
  std::string out = R"({"id":)";
  json::append_string(out, id);
  return out += R"(,"object":"model","created":0,"owned_by":"plimsoll"})";
}

std::string encode_models(const std::vector<std::string>& ids) {
  std::string out = R"({"object":"list","data":[)";
  for (const std::string& id : ids) {
    if (out.back() != '[') out += ',';
    out += encode_model(id);
  }
  return out += "]}";
}

}  // namespace plimsoll::dialects::openai_chat
