// Grammar:
//   retry-after    = seconds / HTTP-date              (RFC 9110, with fractions)
//   retry-after-ms = 1*digit [ "." 1*digit ]
//   reset          = seconds / 1*( number unit )      (Go durations)
//   unit           = "h" / "m" / "s" / "ms" / "us" / "µs" / "ns"
#include "dialects/openai_chat/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace plimsoll::dialects::openai_chat {
namespace {

using std::chrono::milliseconds;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool begins_with(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && same_name(name.substr(0, prefix.size()), prefix);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string_view header(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return trimmed(value);
  return {};
}

/// Takes a number without a sign off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return {};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<milliseconds> bounded(double ms) {
  if (!(ms >= 0)) return {};
  if (ms >= static_cast<double>(kRetryAfterMax.count())) return kRetryAfterMax;
  return milliseconds(static_cast<std::int64_t>(std::ceil(ms)));
}

std::optional<milliseconds> plain(std::string_view text, double ms_each) {
  const auto number = take_number(text);
  if (!number || !text.empty()) return {};
  return bounded(*number * ms_each);
}

/// Takes a unit off the front of `text`: its length in milliseconds.
std::optional<double> take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  // "ms" before "m", so that the longer one is found.
  static constexpr std::array<Unit, 8> kUnits{{{"ms", 1},
                                               {"us", 1e-3},
                                               {"\xC2\xB5s", 1e-3},
                                               {"\xCE\xBCs", 1e-3},
                                               {"ns", 1e-6},
                                               {"h", 3'600'000},
                                               {"m", 60'000},
                                               {"s", 1'000}}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.ms;
  }
  return {};
}

std::optional<int> digits(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number < 0)
    return {};
  return number;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = kMonths.find(name);
  if (name.size() != 3 || at == std::string_view::npos || at % 3 != 0) return {};
  return static_cast<unsigned>(at / 3 + 1);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", the only form that may be sent today.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const auto day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  const auto month = month_of(text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || !month) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<milliseconds> until_date(std::string_view text, const HeaderList& headers) {
  const auto then = http_date(text);
  const auto now = http_date(header(headers, "date"));
  if (!then || !now) return {};
  const milliseconds wait = *then - *now;
  return std::clamp(wait, milliseconds(0), kRetryAfterMax);
}

}  // namespace

std::optional<milliseconds> retry_after_of(const HeaderList& headers) {
  const std::string_view text = header(headers, "retry-after");
  auto wait = plain(text, 1'000);
  if (!wait) wait = until_date(text, headers);
  const auto finer = plain(header(headers, "retry-after-ms"), 1);
  // Azure sends 1 s and 0 ms at once; the longer wait is the one that works.
  return std::max(wait, finer);
}

std::optional<milliseconds> duration_of(std::string_view text) {
  text = trimmed(text);
  if (const auto seconds = plain(text, 1'000)) return seconds;
  double ms = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = number ? take_unit(text) : std::nullopt;
    if (!unit) return {};
    ms += *number * *unit;
  }
  return bounded(ms);
}

std::optional<milliseconds> reset_wait_of(const HeaderList& headers) {
  constexpr std::string_view kReset = "x-ratelimit-reset-", kRemaining = "x-ratelimit-remaining-";
  std::optional<milliseconds> of_all, of_used_up;
  for (const auto& [key, value] : headers) {
    if (!begins_with(key, kReset)) continue;
    const auto wait = duration_of(value);
    if (!wait) continue;
    of_all = std::max(of_all, wait);
    const std::string name = std::string(kRemaining) + key.substr(kReset.size());
    if (header(headers, name) == "0") of_used_up = std::max(of_used_up, wait);
  }
  return of_used_up ? of_used_up : of_all;
}

}  // namespace plimsoll::dialects::openai_chat
