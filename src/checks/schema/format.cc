#include "checks/schema/format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"
#include "checks/schema/format_uri.h"
#include "checks/schema/regex_translation.h"

namespace plimsoll::checks::schema {
namespace {

constexpr std::pair<std::string_view, Format> kNames[] = {
    {"date-time", Format::date_time},
    {"date", Format::date},
    {"time", Format::time},
    {"duration", Format::duration},
    {"email", Format::email},
    {"idn-email", Format::idn_email},
    {"hostname", Format::hostname},
    {"ipv4", Format::ipv4},
    {"ipv6", Format::ipv6},
    {"uri", Format::uri},
    {"uri-reference", Format::uri_reference},
    {"iri", Format::iri},
    {"iri-reference", Format::iri_reference},
    {"uri-template", Format::uri_template},
    {"uuid", Format::uuid},
    {"json-pointer", Format::json_pointer},
    {"relative-json-pointer", Format::relative_json_pointer},
    {"regex", Format::regex},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// `count` digits at the front, taken off; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  const int day = take_digits(text, 2);
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  return day >= 1 && day <= days;
}

/// Minutes east of UTC; what RFC 3339 calls time-offset.
bool take_offset(std::string_view& text, int& minutes) {
  minutes = 0;
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return false;
  const int hours = take_digits(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ':')) return false;
  const int rest = take_digits(text, 2);
  if (rest < 0 || rest > 59) return false;
  minutes = (hours * 60 + rest) * (west ? -1 : 1);
  return true;
}

bool take_time(std::string_view& text) {
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return false;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 60) return false;
  if (take(text, '.')) {
    if (take_digits(text, 1) < 0) return false;
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  int offset = 0;
  if (!take_offset(text, offset)) return false;
  if (second < 60) return true;
  // A leap second ends a day of UTC.
  return ((hour * 60 + minute - offset) % 1440 + 1440) % 1440 == 1439;
}

bool is_date(std::string_view text) { return take_date(text) && text.empty(); }
bool is_time(std::string_view text) { return take_time(text) && text.empty(); }
bool is_date_time(std::string_view text) {
  return take_date(text) && (take(text, 'T') || take(text, 't')) && take_time(text) && text.empty();
}

/// Digits and one of `units` from where the last one stood; units run one way and
/// skip none between the first and the last of RFC 3339's grammar.
bool take_units(std::string_view& text, std::string_view units) {
  std::size_t expected = std::string_view::npos;
  bool any = false;
  while (!text.empty() && is_digit(text.front())) {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    const std::size_t unit = text.empty() ? std::string_view::npos : units.find(text.front());
    if (unit == std::string_view::npos) return false;
    if (expected != std::string_view::npos && unit != expected) return false;
    expected = unit + 1;
    any = true;
    text.remove_prefix(1);
  }
  return any;
}

bool is_duration(std::string_view text) {
  if (!take(text, 'P')) return false;
  if (text.ends_with('W')) return take_units(text, "W") && text.empty();
  const bool date = !text.starts_with('T');
  if (date && !take_units(text, "YMD")) return false;
  if (text.empty()) return date;
  return take(text, 'T') && take_units(text, "HMS") && text.empty();
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !take(text, '.')) return false;
    std::size_t size = 0;
    int value = 0;
    while (size < text.size() && size < 4 && is_digit(text[size]))
      value = value * 10 + (text[size++] - '0');
    if (size == 0 || size > 3 || value > 255 || (size > 1 && text.front() == '0')) return false;
    text.remove_prefix(size);
  }
  return text.empty();
}

/// Groups of hex digits with colons between; an IPv4 address may end it.
int groups_in(std::string_view text, bool last) {
  if (text.empty()) return 0;
  int groups = 0;
  while (true) {
    const auto end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && last && group.find('.') != std::string_view::npos)
      return is_ipv4(group) ? groups + 2 : -1;
    if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex)) return -1;
    ++groups;
    if (end == std::string_view::npos) return groups;
    text.remove_prefix(end + 1);
  }
}

bool is_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return groups_in(text, true) == 8;
  const int left = groups_in(text.substr(0, gap), false);
  const int right = groups_in(text.substr(gap + 2), true);
  return left >= 0 && right >= 0 && left + right <= 7;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
    return false;
  // "--" in third place marks an encoded label; only Punycode's may stand there.
  if (label.size() >= 4 && label.substr(2, 2) == "--" &&
      !((label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n' && label.size() > 4))
    return false;
  return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_atom_byte(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view local) {
  if (local.empty()) return false;
  if (local.front() == '"') {
    if (local.size() < 2 || local.back() != '"') return false;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
      if (local[i] == '"') return false;
      if (local[i] != '\\') continue;
      ++i;  // whatever is quoted
      if (i + 1 >= local.size()) return false;
    }
    return true;
  }
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos)
    return false;
  return std::ranges::all_of(local, [](char c) { return c == '.' || is_atom_byte(c); });
}

bool is_email(std::string_view text, bool international) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at))) return false;
  const std::string_view domain = text.substr(at + 1);
  if (domain.starts_with('[') && domain.ends_with(']')) {
    const std::string_view inside = domain.substr(1, domain.size() - 2);
    return inside.starts_with("IPv6:") ? is_ipv6(inside.substr(5)) : is_ipv4(inside);
  }
  if (!international) return is_ascii(text) && is_hostname(domain);
  return is_ascii(domain) ? is_hostname(domain) : !domain.empty();
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  text.remove_prefix(digits);
  return text == "#" || is_json_pointer(text);
}

/// A pattern that only linear time keeps us from running is still a pattern.
bool is_regex(std::string_view text) {
  const auto translated = to_re2(text);
  if (!translated) return translated.error().what.find("linear time") != std::string::npos;
  return CompiledPattern::compile(*translated).has_value();
}

}  // namespace

std::optional<Format> format_named(std::string_view name) noexcept {
  for (const auto& [known, format] : kNames)
    if (known == name) return format;
  return {};
}

std::string_view name_of(Format format) noexcept {
  for (const auto& [name, known] : kNames)
    if (known == format) return name;
  return {};
}

bool has_format(Format format, std::string_view text) {
  switch (format) {
    case Format::date_time: return is_date_time(text);
    case Format::date: return is_date(text);
    case Format::time: return is_time(text);
    case Format::duration: return is_duration(text);
    case Format::email: return is_email(text, false);
    case Format::idn_email: return is_email(text, true);
    case Format::hostname: return is_hostname(text);
    case Format::ipv4: return is_ipv4(text);
    case Format::ipv6: return is_ipv6(text);
    case Format::uri: return is_uri(text, UriKind::absolute, UriLetters::ascii);
    case Format::uri_reference: return is_uri(text, UriKind::reference, UriLetters::ascii);
    case Format::iri: return is_uri(text, UriKind::absolute, UriLetters::all);
    case Format::iri_reference: return is_uri(text, UriKind::reference, UriLetters::all);
    case Format::uri_template: return is_uri_template(text);
    case Format::uuid: return is_uuid(text);
    case Format::json_pointer: return is_json_pointer(text);
    case Format::relative_json_pointer: return is_relative_json_pointer(text);
    case Format::regex: return is_regex(text);
  }
  return true;
}

bool is_ip_literal(std::string_view text) { return is_ipv6(text); }

}  // namespace plimsoll::checks::schema
