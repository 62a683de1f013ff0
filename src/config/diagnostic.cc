#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace plimsoll::config {
namespace {

constexpr std::size_t kExcerptMax = 120;

std::string_view line_at(std::string_view source, std::size_t line) {
  for (; line > 1; --line) {
    const auto end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  return source.substr(0, source.find('\n'));
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation));
}

/// Tabs and control bytes would move the caret or the reader's terminal.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\t') c = ' ';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

struct Excerpt {
  std::string text;
  std::size_t before = 0;  // characters left of the caret
  std::size_t carets = 1;
};

Excerpt excerpt(std::string_view line, std::size_t column, std::size_t width) {
  std::size_t begin = 0;
  if (line.size() > kExcerptMax && column > kExcerptMax / 2) begin = column - kExcerptMax / 2;
  while (begin > 0 && begin < line.size() && is_continuation(line[begin])) --begin;
  std::size_t end = std::min(line.size(), begin + kExcerptMax);
  while (end < line.size() && is_continuation(line[end])) ++end;
  const std::size_t caret = std::min(column - 1, line.size());
  const std::size_t caret_end = std::min(caret + width, end);
  Excerpt out;
  if (begin > 0) out.text = "...";
  out.before = out.text.size() + characters(line.substr(begin, caret - begin));
  out.text += printable(line.substr(begin, end - begin));
  if (end < line.size()) out.text += "...";
  out.carets = std::max<std::size_t>(
      1, caret_end > caret ? characters(line.substr(caret, caret_end - caret)) : 1);
  return out;
}

std::string place(const Diagnostic& d) {
  return d.line == 0 ? d.file : fmt::format("{}:{}:{}", d.file, d.line, d.column);
}

}  // namespace

std::string render(const Diagnostic& d, std::string_view source) {
  std::string out = fmt::format("{}: error: {} [{}]\n", place(d), printable(d.what), d.token);
  std::string_view line = d.line == 0 ? std::string_view{} : line_at(source, d.line);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (d.column <= line.size()) {
    const Excerpt shown = excerpt(line, d.column, d.width);
    const std::string number = std::to_string(d.line);
    out += fmt::format("  {} | {}\n", number, shown.text);
    out += fmt::format("  {} | {}{}\n", std::string(number.size(), ' '),
                       std::string(shown.before, ' '), std::string(shown.carets, '^'));
  }
  if (!d.why.empty()) out += fmt::format("  why: {}\n", printable(d.why));
  if (!d.fix.empty()) out += fmt::format("  fix: {}\n", printable(d.fix));
  return out + fmt::format("  see: plimsoll explain {}\n", d.token);
}

std::string render(const std::vector<Diagnostic>& all, std::string_view source) {
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kShownMax); ++i)
    out += render(all[i], source) + "\n";
  if (all.size() > kShownMax)
    return out + fmt::format("{} problems, the first {} are shown\n", all.size(), kShownMax);
  return out + fmt::format("{} problem{}\n", all.size(), all.size() == 1 ? "" : "s");
}

std::string render_json(const std::vector<Diagnostic>& all) {
  std::string out = fmt::format("{{\"count\": {}, \"problems\": [", all.size());
  for (std::size_t i = 0; i < std::min(all.size(), kShownMax); ++i) {
    const Diagnostic& d = all[i];
    out += fmt::format(
        "{}\n  {{\"file\": {}, \"line\": {}, \"column\": {}, \"width\": {}, \"code\": {}, "
        "\"what\": {}, \"why\": {}, \"fix\": {}}}",
        i == 0 ? "" : ",", json::quoted(d.file), d.line, d.column, d.width, json::quoted(d.token),
        json::quoted(d.what), json::quoted(d.why), json::quoted(d.fix));
  }
  return out + "\n]}\n";
}

}  // namespace plimsoll::config
