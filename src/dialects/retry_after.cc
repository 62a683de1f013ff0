// Grammar:
//   retry-after    = seconds / HTTP-date              (RFC 9110, with fractions)
//   retry-after-ms = 1*digit [ "." 1*digit ]
//   reset          = seconds / 1*( number unit )      (Go durations)
//   unit           = "h" / "m" / "s" / "ms" / "us" / "µs" / "ns"
#include "dialects/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace plimsoll::dialects {
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

std::optional<milliseconds> until(std::chrono::sys_seconds then, const HeaderList& headers) {
  const auto now = http_date(header(headers, "date"));
  if (!now) return {};
  const milliseconds wait = then - *now;
  return std::clamp(wait, milliseconds(0), kRetryAfterMax);
}

std::optional<milliseconds> until_date(std::string_view text, const HeaderList& headers) {
  const auto then = http_date(text);
  return then ? until(*then, headers) : std::nullopt;
}

/// "2026-11-23T13:20:00Z", with or without a fraction, which is dropped.
std::optional<milliseconds> until_rfc3339(std::string_view text, const HeaderList& headers) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text.back() != 'Z')
    return {};
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2)), hour = digits(text.substr(11, 2));
  const auto minute = digits(text.substr(14, 2)), second = digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return {};
  // A dropped fraction is rounded up: later is safe, sooner is not.
  return until(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                   std::chrono::minutes(*minute) + std::chrono::seconds(*second + 1),
               headers);
}

/// One value of a reset header: a length, or an instant in seconds or
/// milliseconds since 1970 or in RFC 3339.
std::optional<milliseconds> until_reset(std::string_view text, const HeaderList& headers) {
  constexpr double kInstantInSeconds = 1e9, kInstantInMs = 1e12;
  text = trimmed(text);
  if (const auto instant = until_rfc3339(text, headers)) return instant;
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number || !rest.empty() || *number < kInstantInSeconds) return duration_of(text);
  if (*number >= kInstantInMs * 10) return {};
  const double seconds = *number >= kInstantInMs ? *number / 1'000 : *number;
  return until(
      std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)))),
      headers);
}

/// The wait that one `retry-after` names.
std::optional<milliseconds> wait_of(std::string_view text, const HeaderList& headers) {
  text = trimmed(text);
  const auto wait = plain(text, 1'000);
  return wait ? wait : until_date(text, headers);
}

}  // namespace

std::optional<milliseconds> retry_after_of(const HeaderList& headers) {
  // Azure sends 1 s and 0 ms at once, and proxies add a header of their own;
  // the longest wait is the one that works.
  std::optional<milliseconds> longest;
  for (const auto& [key, value] : headers) {
    if (same_name(key, "retry-after"))
      longest = std::max(longest, wait_of(value, headers));
    else if (same_name(key, "retry-after-ms"))
      longest = std::max(longest, plain(trimmed(value), 1));
  }
  return longest;
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

namespace {

/// The limit that a reset header speaks of and the header that says what is left
/// of it; empty when `name` is no reset header.
struct ResetName {
  std::string remaining;
  bool is_reset = false;
};

ResetName reset_name(std::string_view name) {
  constexpr std::string_view kReset = "x-ratelimit-reset";
  constexpr std::string_view kAnthropic = "anthropic-ratelimit-", kEnd = "-reset";
  if (same_name(name, kReset) || begins_with(name, "x-ratelimit-reset-"))
    return {"x-ratelimit-remaining" + std::string(name.substr(kReset.size())), true};
  if (same_name(name, "ratelimit-reset")) return {"ratelimit-remaining", true};
  if (begins_with(name, kAnthropic) && name.size() > kAnthropic.size() + kEnd.size() &&
      same_name(name.substr(name.size() - kEnd.size()), kEnd))
    return {std::string(name.substr(0, name.size() - kEnd.size())) + "-remaining", true};
  return {};
}

}  // namespace

std::optional<milliseconds> reset_wait_of(const HeaderList& headers) {
  std::optional<milliseconds> of_all, of_used_up;
  for (const auto& [key, value] : headers) {
    const ResetName name = reset_name(key);
    if (!name.is_reset) continue;
    const auto wait = until_reset(value, headers);
    if (!wait) continue;
    of_all = std::max(of_all, wait);
    if (header(headers, name.remaining) == "0") of_used_up = std::max(of_used_up, wait);
  }
  return of_used_up ? of_used_up : of_all;
}

}  // namespace plimsoll::dialects
