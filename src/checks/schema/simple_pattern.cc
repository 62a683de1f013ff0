// pattern = "^" *( atom [ repeat ] ) "$"
// atom    = plain character | "\" d, w or punctuation | "[" 1*( character | range | \d | \w ) "]"
// repeat  = "?" | "*" | "+" | "{" n [ "," [ m ] ] "}"
// Everything else is left to the regex engine.
#include "checks/schema/simple_pattern.h"

#include <charconv>
#include <limits>

namespace plimsoll::checks::schema {
namespace {

constexpr std::uint32_t kNoEnd = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view kSpecial = "^$.|()[]{}*+?\\/";

bool is_plain(char c) {
  return c >= ' ' && c < 0x7F && (c == '/' || kSpecial.find(c) == std::string_view::npos);
}

bool take_number(std::string_view& rest, std::uint32_t& value) {
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ec != std::errc() || value > 1'000) return false;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  return true;
}

}  // namespace

std::optional<SimplePattern> SimplePattern::parse(std::string_view ecma) {
  if (ecma.size() < 2 || ecma.front() != '^' || ecma.back() != '$') return {};
  std::string_view rest = ecma.substr(1, ecma.size() - 2);
  SimplePattern pattern;
  while (!rest.empty()) {
    Step step;
    if (!take_atom(rest, step) || !take_repeat(rest, step)) return {};
    pattern.steps_.push_back(step);
  }
  if (!pattern.is_certain()) return {};
  return pattern;
}

bool SimplePattern::take_atom(std::string_view& rest, Step& step) {
  const char c = rest.front();
  if (c == '[') return take_class(rest, step);
  if (c == '\\') return take_escape(rest, step);
  if (!is_plain(c)) return false;
  step.add(c);
  rest.remove_prefix(1);
  return true;
}

bool SimplePattern::take_escape(std::string_view& rest, Step& step) {
  if (rest.size() < 2) return false;
  const char c = rest[1];
  rest.remove_prefix(2);
  if (c == 'd' || c == 'w') step.add_range('0', '9');
  if (c == 'w') {
    step.add_range('a', 'z');
    step.add_range('A', 'Z');
    step.add('_');
  }
  if (c == 'd' || c == 'w') return true;
  step.add(c);
  return c == '-' || kSpecial.find(c) != std::string_view::npos;
}

bool SimplePattern::take_class(std::string_view& rest, Step& step) {
  rest.remove_prefix(1);
  bool any = false;
  while (!rest.empty() && rest.front() != ']') {
    any = true;
    if (rest.front() == '\\') {
      if (!take_escape(rest, step)) return false;
      // "[\w-x]" is not worth telling from a range.
      if (rest.starts_with('-') && !rest.starts_with("-]")) return false;
      continue;
    }
    const char low = rest.front();
    if (low < ' ' || low >= 0x7F || low == '^' || low == '[') return false;
    rest.remove_prefix(1);
    if (!rest.starts_with('-') || rest.starts_with("-]")) {
      step.add(low);
      continue;
    }
    if (rest.size() < 2) return false;
    const char high = rest[1];
    if (high < low || high >= 0x7F || high == '\\' || high == '[') return false;
    step.add_range(low, high);
    rest.remove_prefix(2);
  }
  if (rest.empty() || !any) return false;
  rest.remove_prefix(1);
  return true;
}

bool SimplePattern::take_repeat(std::string_view& rest, Step& step) {
  if (rest.empty()) return true;
  const char c = rest.front();
  if (c == '?' || c == '*' || c == '+') {
    step.least = c == '+' ? 1 : 0;
    step.most = c == '?' ? 1 : kNoEnd;
    rest.remove_prefix(1);
  } else if (c == '{') {
    rest.remove_prefix(1);
    if (!take_number(rest, step.least)) return false;
    step.most = step.least;
    if (rest.starts_with(',')) {
      rest.remove_prefix(1);
      if (rest.starts_with('}'))
        step.most = kNoEnd;
      else if (!take_number(rest, step.most) || step.most < step.least)
        return false;
    }
    if (!rest.starts_with('}')) return false;
    rest.remove_prefix(1);
  }
  // A lazy repeat, or two in a row.
  return rest.empty() || std::string_view("?*+{").find(rest.front()) == std::string_view::npos;
}

/// A step that may take more or less must never compete with what may follow it:
/// then taking all it can is the only way.
bool SimplePattern::is_certain() const noexcept {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].least == steps_[i].most) continue;
    for (std::size_t next = i + 1; next < steps_.size(); ++next) {
      if (steps_[i].meets(steps_[next])) return false;
      if (steps_[next].least > 0) break;
    }
  }
  return true;
}

bool SimplePattern::matches(std::string_view text) const noexcept {
  std::size_t at = 0;
  for (const Step& step : steps_) {
    std::uint32_t count = 0;
    while (count < step.most && at < text.size() && step.has(text[at])) {
      ++count;
      ++at;
    }
    if (count < step.least) return false;
  }
  return at == text.size();
}

}  // namespace plimsoll::checks::schema
