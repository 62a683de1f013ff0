// Functions of strings. Positions count characters (Unicode code points), not bytes.
#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"
#include "cel/internal/context.h"
#include "cel/internal/format.h"
#include "cel/literals.h"

namespace plimsoll::cel {
namespace {

std::size_t step_at(std::string_view text, std::size_t at) noexcept {
  const std::size_t length = utf8_length_at(text, at);
  return length == 0 ? 1 : length;
}

std::int64_t characters(std::string_view text) noexcept {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
}

/// The byte at which the character `index` begins; npos beyond the end.
std::size_t byte_of(std::string_view text, std::int64_t index) noexcept {
  if (index < 0) return std::string_view::npos;
  std::size_t at = 0;
  while (index > 0 && at < text.size()) {
    at += step_at(text, at);
    --index;
  }
  return index == 0 ? std::min(at, text.size()) : std::string_view::npos;
}

Value out_of_range(Context& context, std::int64_t index) {
  return context.error(fmt::format("index out of range: {}", index));
}

/// Charges for reading a text once; an error when the budget is gone.
bool read_once(Context& context, const Value& text) {
  return context.spend(text.text().size() / 16);
}

Value size_of_string(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  return Value::integer(characters(a[0].text()));
}
Value size_of_bytes(Context&, const Value* a) {
  return Value::integer(static_cast<std::int64_t>(a[0].text().size()));
}

Value contains(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  return Value::boolean(a[0].text().find(a[1].text()) != std::string_view::npos);
}
Value starts_with(Context&, const Value* a) {
  return Value::boolean(a[0].text().starts_with(a[1].text()));
}
Value ends_with(Context&, const Value* a) {
  return Value::boolean(a[0].text().ends_with(a[1].text()));
}

/// A pattern known only now: it is compiled for this one use, and costs as much.
Value matches(Context& context, const Value* a) {
  constexpr std::size_t kPatternBytesMax = 1024;
  const std::string_view pattern = a[1].text();
  if (pattern.size() > kPatternBytesMax)
    return Value::error("the pattern is longer than 1024 bytes");
  if (!context.spend(1000 + pattern.size() * 50 + a[0].text().size() / 8))
    return Value::error(kCostGone);
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  const RE2 compiled({pattern.data(), pattern.size()}, options);
  if (!compiled.ok())
    return context.error(fmt::format("the pattern does not compile: {}", compiled.error()));
  return Value::boolean(RE2::PartialMatch({a[0].text().data(), a[0].text().size()}, compiled));
}

Value char_at(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  const std::string_view text = a[0].text();
  const std::size_t at = byte_of(text, a[1].as_integer());
  if (at == std::string_view::npos) return out_of_range(context, a[1].as_integer());
  return Value::string(at == text.size() ? "" : text.substr(at, step_at(text, at)));
}

Value found_at(std::string_view text, std::size_t at) {
  return Value::integer(at == std::string_view::npos ? -1 : characters(text.substr(0, at)));
}

Value index_of(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  return found_at(a[0].text(), a[0].text().find(a[1].text()));
}
Value index_of_from(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  const std::size_t from = byte_of(a[0].text(), a[2].as_integer());
  if (from == std::string_view::npos) return out_of_range(context, a[2].as_integer());
  return found_at(a[0].text(), a[0].text().find(a[1].text(), from));
}
Value last_index_of(Context& context, const Value* a) {
  if (!context.spend(a[0].text().size() * (1 + a[1].text().size() / 64) / 4))
    return Value::error(kCostGone);
  return found_at(a[0].text(), a[0].text().rfind(a[1].text()));
}
Value last_index_of_from(Context& context, const Value* a) {
  if (!context.spend(a[0].text().size() * (1 + a[1].text().size() / 64) / 4))
    return Value::error(kCostGone);
  const std::size_t from = byte_of(a[0].text(), a[2].as_integer());
  if (from == std::string_view::npos) return out_of_range(context, a[2].as_integer());
  return found_at(a[0].text(), a[0].text().rfind(a[1].text(), from));
}

Value made_string(Context& context, std::string_view text) {
  if (!context.spend(text.size() / 16)) return Value::error(kCostGone);
  return Value::string(context.arena.copy(text));
}

template <char Low, char High, int Shift>
Value cased(Context& context, const Value* a) {
  std::string text(a[0].text());
  for (char& c : text)
    if (c >= Low && c <= High) c = static_cast<char>(c + Shift);
  return made_string(context, text);
}

Value replaced(Context& context, std::string_view text, const Value* a, std::int64_t most) {
  const std::string_view from = a[1].text(), to = a[2].text();
  std::string out;
  std::size_t at = 0;
  while (most != 0) {
    // An empty text is found before every character and at the end.
    const std::size_t found = text.find(from, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    if (!context.spend(1 + to.size() / 16)) return Value::error(kCostGone);
    --most;
    if (!from.empty()) continue;
    if (at >= text.size()) break;
    const std::size_t step = step_at(text, at);
    out += text.substr(at, step);
    at += step;
  }
  if (at <= text.size()) out += text.substr(at);
  return made_string(context, out);
}
Value replace(Context& context, const Value* a) { return replaced(context, a[0].text(), a, -1); }
Value replace_some(Context& context, const Value* a) {
  return replaced(context, a[0].text(), a, a[3].as_integer());
}

Value parted(Context& context, const Value* a, std::int64_t most) {
  std::string_view rest = a[0].text();
  const std::string_view by = a[1].text();
  std::vector<Value> parts;
  if (most == 0) return Value::list({});
  while (most < 0 || std::cmp_less(parts.size() + 1, most)) {
    if (by.empty() && rest.empty()) break;
    const std::size_t at = by.empty() ? step_at(rest, 0) : rest.find(by);
    if (at == std::string_view::npos || (by.empty() && at >= rest.size())) break;
    parts.push_back(Value::string(rest.substr(0, at)));
    rest.remove_prefix(at + by.size());
    if (!context.spend(2)) return Value::error(kCostGone);
  }
  if (!by.empty() || !rest.empty()) parts.push_back(Value::string(rest));
  Value* const items = context.arena.array<Value>(parts.size());
  std::ranges::uninitialized_copy(parts, std::span(items, parts.size()));
  return Value::list({items, parts.size()});
}
Value split(Context& context, const Value* a) { return parted(context, a, -1); }
Value split_some(Context& context, const Value* a) { return parted(context, a, a[2].as_integer()); }

Value joined(Context& context, const Value& list, std::string_view between) {
  if (!context.spend(list.size())) return Value::error(kCostGone);
  std::string out;
  bool first = true;
  for (const Value& item : list.items(context.arena)) {
    if (!item.is(Kind::string)) return Value::error(kNoOverload);
    if (!context.spend((item.text().size() + between.size()) / 16)) return Value::error(kCostGone);
    if (!first) out += between;
    first = false;
    out += item.text();
  }
  return made_string(context, out);
}
Value join(Context& context, const Value* a) { return joined(context, a[0], ""); }
Value join_with(Context& context, const Value* a) { return joined(context, a[0], a[1].text()); }

Value between(Context& context, std::string_view text, std::int64_t from, std::int64_t to) {
  const std::size_t begin = byte_of(text, from), end = byte_of(text, to);
  if (begin == std::string_view::npos) return out_of_range(context, from);
  if (end == std::string_view::npos) return out_of_range(context, to);
  if (end < begin)
    return context.error(fmt::format("invalid substring range. start: {}, end: {}", from, to));
  return Value::string(text.substr(begin, end - begin));
}
Value substring(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  const std::string_view text = a[0].text();
  return between(context, text, a[1].as_integer(), characters(text));
}
Value substring_to(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  return between(context, a[0].text(), a[1].as_integer(), a[2].as_integer());
}

/// Unicode's White_Space.
bool is_space(std::string_view character) noexcept {
  static constexpr std::array<std::string_view, 25> kSpaces = {
      "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085", "\u00a0", "\u1680",
      "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
      "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  return std::ranges::find(kSpaces, character) != kSpaces.end();
}

Value trim(Context& context, const Value* a) {
  if (!read_once(context, a[0])) return Value::error(kCostGone);
  std::string_view text = a[0].text();
  while (!text.empty() && is_space(text.substr(0, step_at(text, 0))))
    text.remove_prefix(step_at(text, 0));
  for (;;) {
    std::size_t last = text.size();
    while (last > 0 && (static_cast<unsigned char>(text[last - 1]) & 0xC0U) == 0x80) --last;
    if (last == 0 || !is_space(text.substr(last - 1))) return Value::string(text);
    text = text.substr(0, last - 1);
  }
}

Value reverse(Context& context, const Value* a) {
  const std::string_view text = a[0].text();
  if (!context.spend(text.size() / 8)) return Value::error(kCostGone);
  char* const place = context.arena.array<char>(text.size());
  std::size_t end = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t step = step_at(text, at);
    end -= step;
    text.copy(place + end, step, at);
    at += step;
  }
  return Value::string({place, text.size()});
}

Value quote(Context& context, const Value* a) {
  static constexpr std::string_view kPlain = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kNames = "abfnrtv\\\"";
  std::string out = "\"";
  const std::string_view text = a[0].text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t known = kPlain.find(text[at]);
    const std::size_t length = utf8_length_at(text, at);
    if (known != std::string_view::npos) {
      out += '\\';
      out += kNames[known];
    } else if (length == 0) {
      out += "\uFFFD";
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return made_string(context, out + '"');
}

Value format(Context& context, const Value* a) {
  if (!context.spend(a[0].text().size() / 4 + a[1].size())) return Value::error(kCostGone);
  return format_text(context, a[0].text(), a[1].items(context.arena));
}

constexpr Overload kRows[] = {
    {"size", "s", 'i', false, size_of_string},
    {"size", "y", 'i', false, size_of_bytes},
    {"size", "s", 'i', true, size_of_string},
    {"size", "y", 'i', true, size_of_bytes},
    {"contains", "ss", 'b', true, contains},
    {"startsWith", "ss", 'b', true, starts_with},
    {"endsWith", "ss", 'b', true, ends_with},
    {"matches", "ss", 'b', true, matches},
    {"matches", "ss", 'b', false, matches},
    {"charAt", "si", 's', true, char_at},
    {"indexOf", "ss", 'i', true, index_of},
    {"indexOf", "ssi", 'i', true, index_of_from},
    {"lastIndexOf", "ss", 'i', true, last_index_of},
    {"lastIndexOf", "ssi", 'i', true, last_index_of_from},
    {"lowerAscii", "s", 's', true, cased<'A', 'Z', 32>},
    {"upperAscii", "s", 's', true, cased<'a', 'z', -32>},
    {"replace", "sss", 's', true, replace},
    {"replace", "sssi", 's', true, replace_some},
    {"split", "ss", 'S', true, split},
    {"split", "ssi", 'S', true, split_some},
    {"join", "L", 's', true, join},
    {"join", "Ls", 's', true, join_with},
    {"substring", "si", 's', true, substring},
    {"substring", "sii", 's', true, substring_to},
    {"trim", "s", 's', true, trim},
    {"reverse", "s", 's', true, reverse},
    {"strings.quote", "s", 's', false, quote},
    {"format", "sL", 's', true, format},
};

}  // namespace

std::span<const Overload> text_functions() { return kRows; }

}  // namespace plimsoll::cel
