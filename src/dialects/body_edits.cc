#include "dialects/body_edits.h"

#include <optional>

#include "base/json.h"

namespace plimsoll::dialects {
namespace {

/// The first member `key` of the object `text`, as bytes. Keys that are written
/// with escapes are not found; whoever reads the body then takes the later one.
struct Search {
  std::string_view key;
  std::optional<json::RawMember> found;
};

std::optional<json::RawMember> find(std::string_view text, std::string_view key) {
  Search search{.key = key, .found = {}};
  const auto visit = [](void* self, const json::RawMember& member) {
    auto& to = *static_cast<Search*>(self);
    if (!to.found && member.key == to.key) to.found = member;
  };
  (void)json::for_each_raw_member(text, visit, &search);
  return search.found;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Whether `open` and `close` are brackets with nothing between them.
bool is_empty_between(std::string_view text, std::size_t open, std::size_t close) {
  for (std::size_t at = open + 1; at < close; ++at)
    if (!is_space(text[at])) return false;
  return true;
}

/// Follows a text through brackets and strings, to know where items begin.
struct Scan {
  int depth = 0;
  bool in_string = false, escaped = false;

  void take(char c) noexcept {
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
      return;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
};

/// Where the last item of the array at `array` begins and ends; empty for none.
std::optional<json::Span> last_item(std::string_view text, json::Span array) {
  if (is_empty_between(text, array.begin, array.end - 1)) return std::nullopt;
  Scan scan;
  std::size_t begin = array.begin + 1;
  for (std::size_t at = array.begin; at < array.end; ++at) {
    const bool comma = !scan.in_string && scan.depth == 1 && text[at] == ',';
    if (comma) begin = at + 1;
    scan.take(text[at]);
  }
  std::size_t end = array.end - 1;
  while (begin < end && is_space(text[begin])) ++begin;
  while (end > begin && is_space(text[end - 1])) --end;
  return json::Span{.begin = begin, .end = end};
}

/// Puts `words` into the turn at `turn` of `body`; false where its content has
/// another form.
bool extend(std::string& body, json::Span turn, std::string_view words) {
  const std::string_view text = std::string_view(body).substr(turn.begin, turn.end - turn.begin);
  const auto role = find(text, "role");
  const auto content = find(text, "content");
  if (!role || !content) return false;
  if (text.substr(role->value.begin, role->value.end - role->value.begin) != "\"user\"")
    return false;
  const std::size_t last = turn.begin + content->value.end - 1;  // the quote or bracket
  const char first = text[content->value.begin];
  std::string added = json::quoted(words);
  if (first == '"') {
    const std::string apart = json::quoted("\n\n");
    added = apart.substr(1, apart.size() - 2) + added.substr(1, added.size() - 2);
  } else if (first == '[') {
    const bool empty = is_empty_between(body, turn.begin + content->value.begin, last);
    added = (empty ? R"({"type":"text","text":)" : R"(,{"type":"text","text":)") + added + "}";
  } else {
    return false;
  }
  body.insert(last, added);
  return true;
}

/// A turn that the model is to go on with: nothing may stand behind it.
bool is_of_assistant(std::string_view body, json::Span turn) {
  const std::string_view text = body.substr(turn.begin, turn.end - turn.begin);
  const auto role = find(text, "role");
  return role &&
         text.substr(role->value.begin, role->value.end - role->value.begin) == "\"assistant\"";
}

}  // namespace

bool has_member(std::string_view body, std::string_view key) { return find(body, key).has_value(); }

std::string with_member(std::string body, std::string_view key, std::string_view json) {
  if (const auto member = find(body, key)) {
    body.replace(member->value.begin, member->value.end - member->value.begin, json);
    return body;
  }
  const std::size_t open = body.find('{'), close = body.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return body;
  std::string added = is_empty_between(body, open, close) ? "" : ",";
  added += json::quoted(key);
  added += ':';
  added += json;
  body.insert(close, added);
  return body;
}

std::string with_words(std::string body, std::string_view words) {
  const auto messages = find(body, "messages");
  if (!messages || body[messages->value.begin] != '[') return body;
  const auto last = last_item(body, messages->value);
  if (last && is_of_assistant(body, *last)) return body;
  if (last && extend(body, *last, words)) return body;
  std::string turn = last ? "," : "";
  turn += R"({"role":"user","content":)" + json::quoted(words) + "}";
  body.insert(messages->value.end - 1, turn);
  return body;
}

}  // namespace plimsoll::dialects
