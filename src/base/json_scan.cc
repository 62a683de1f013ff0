// Finds the members of a top-level object as raw bytes. The text was validated
// before, so only the structure matters here; ends are checked all the same, so
// that no text can lead the scan outside of it.
#include <array>

#include "base/json.h"

namespace plimsoll::json {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// True when an odd run of backslashes stands before `quote`.
bool is_escaped(std::string_view text, std::size_t quote, std::size_t begin) {
  std::size_t run = 0;
  while (quote - run > begin && text[quote - run - 1] == '\\') ++run;
  return run % 2 == 1;
}

/// One past the closing quote of the string that opens at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = text.find('"', from);
    if (quote == kNone) return kNone;
    if (!is_escaped(text, quote, from)) return quote + 1;
    from = quote + 1;
  }
}

/// The bytes that a walk over a container must look at.
constexpr auto kStructural = [] {
  std::array<bool, 256> structural{};
  for (const char c : std::string_view("\"{}[]")) structural[static_cast<unsigned char>(c)] = true;
  return structural;
}();

std::size_t container_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (true) {
    while (at < text.size() && !kStructural[static_cast<unsigned char>(text[at])]) ++at;
    if (at == text.size()) return kNone;
    switch (text[at]) {
      case '"':
        at = string_end(text, at);
        if (at == kNone) return kNone;
        continue;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default: break;
    }
    ++at;
  }
}

std::size_t value_end(std::string_view text, std::size_t at) {
  if (at >= text.size()) return kNone;
  if (text[at] == '"') return string_end(text, at);
  if (text[at] == '{' || text[at] == '[') return container_end(text, at);
  while (at < text.size() && !is_space(text[at]) && text[at] != ',' && text[at] != '}') ++at;
  return at;
}

/// Reads the member at `at`; false when the text is not what was promised.
bool member_at(std::string_view text, std::size_t at, RawMember& member) {
  if (at >= text.size() || text[at] != '"') return false;
  const std::size_t key_end = string_end(text, at);
  if (key_end == kNone) return false;
  const std::size_t colon = skip_space(text, key_end);
  if (colon >= text.size() || text[colon] != ':') return false;
  const std::size_t begin = skip_space(text, colon + 1);
  const std::size_t end = value_end(text, begin);
  if (end == kNone) return false;
  member = {.key = text.substr(at + 1, key_end - at - 2),
            .whole = {.begin = at, .end = end},
            .value = {.begin = begin, .end = end}};
  return true;
}

}  // namespace

bool for_each_raw_member(std::string_view text, void (*visit)(void* self, const RawMember&),
                         void* self) {
  std::size_t at = skip_space(text, 0);
  if (at >= text.size() || text[at] != '{') return false;
  at = skip_space(text, at + 1);
  while (at < text.size() && text[at] != '}') {
    RawMember member;
    if (!member_at(text, at, member)) return false;
    visit(self, member);
    at = skip_space(text, member.whole.end);
    if (at < text.size() && text[at] == ',') at = skip_space(text, at + 1);
  }
  return at < text.size();
}

}  // namespace plimsoll::json
