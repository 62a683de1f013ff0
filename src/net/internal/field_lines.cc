#include "net/internal/field_lines.h"

#include <algorithm>
#include <charconv>

namespace plimsoll::net {

std::string_view trimmed(std::string_view text) noexcept {
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  return text;
}

bool list_has(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<std::uint64_t> plain_length(std::string_view text) noexcept {
  constexpr std::size_t kDigitsMax = 18;  // fits into 64 bits
  const bool digits = !text.empty() && text.size() <= kDigitsMax &&
                      std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

namespace {

std::string_view without_spaces(std::string_view text) noexcept {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

/// A tab beside the value of one of these is legal and read differently by others,
/// so it stays, and the value is refused.
bool decides_framing(std::string_view name) noexcept {
  return (name.size() == 14 && same_name(name, "content-length")) ||
         (name.size() == 17 && same_name(name, "transfer-encoding"));
}

}  // namespace

bool take_fields(std::string_view lines, Headers& into) {
  while (!lines.empty() && !lines.starts_with('\r')) {
    const std::size_t end = std::min(lines.find('\r'), lines.size());
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon), value = line.substr(colon + 1);
    into.add(name, decides_framing(name) ? without_spaces(value) : trimmed(value));
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return true;
}

}  // namespace plimsoll::net
