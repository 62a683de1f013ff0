#include "cel/internal/time_arithmetic.h"

#include <fmt/core.h>

#include <array>
#include <charconv>

namespace plimsoll::cel {
namespace {

using Wide = __int128;

constexpr std::int64_t kDay = 86'400;

/// Days since 1970 of a date (after Howard Hinnant's days_from_civil).
std::int64_t days_of(std::int64_t year, int month, int day) noexcept {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t shifted = month + (month > 2 ? -3 : 9);
  const std::int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

bool is_leap(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in(std::int64_t year, int month) noexcept {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

/// Takes fixed digits and marks from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  int digits(std::size_t count) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') {
        good_ = false;
        return 0;
      }
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  void mark(std::string_view either) noexcept {
    if (!take(either)) good_ = false;
  }
  bool take(std::string_view either) noexcept {
    if (rest_.empty() || either.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char next() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  bool good() const noexcept { return good_; }
  bool done() const noexcept { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::int32_t read_fraction(Reader& reader) noexcept {
  std::int32_t nanos = 0, place = 100'000'000;
  int count = 0;
  while (reader.next() >= '0' && reader.next() <= '9' && reader.good()) {
    nanos += reader.digits(1) * place;
    place /= 10;
    ++count;
  }
  if (count == 0 || count > 9) reader.mark("");
  return nanos;
}

std::int64_t read_offset(Reader& reader) noexcept {
  if (reader.take("Zz")) return 0;
  const bool west = reader.next() == '-';
  reader.mark("+-");
  const int hours = reader.digits(2);
  reader.mark(":");
  const int minutes = reader.digits(2);
  if (hours > 23 || minutes > 59) reader.mark("");
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

Value moved(Instant from, std::int64_t nanos) noexcept {
  std::int64_t seconds = from.seconds + nanos / kNanosPerSecond;
  std::int64_t rest = from.nanos + nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  } else if (rest >= kNanosPerSecond) {
    rest -= kNanosPerSecond;
    ++seconds;
  }
  if (seconds < kSecondsMin || seconds > kSecondsMax)
    return Value::error("timestamp out of range: years 1 to 9999");
  return Value::timestamp({.seconds = seconds, .nanos = static_cast<std::int32_t>(rest)});
}

Value between(Instant end, Instant begin) noexcept {
  const Wide nanos = Wide{end.seconds - begin.seconds} * kNanosPerSecond + end.nanos - begin.nanos;
  if (nanos > INT64_MAX || nanos < INT64_MIN)
    return Value::error("duration out of range: at most 292 years");
  return Value::duration(static_cast<std::int64_t>(nanos));
}

Civil civil_of(std::int64_t seconds) noexcept {
  std::int64_t days = seconds / kDay;
  std::int64_t rest = seconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  Civil civil;
  civil.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  civil.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.hour = static_cast<int>(rest / 3600);
  civil.minute = static_cast<int>(rest / 60 % 60);
  civil.second = static_cast<int>(rest % 60);
  civil.week_day = static_cast<int>(((days % 7) + 11) % 7);
  civil.year_day = static_cast<int>(days - days_of(civil.year, 1, 1));
  return civil;
}

std::optional<Instant> read_instant(std::string_view text) noexcept {
  Reader reader(text);
  const int year = reader.digits(4);
  reader.mark("-");
  const int month = reader.digits(2);
  reader.mark("-");
  const int day = reader.digits(2);
  reader.mark("Tt ");
  const int hour = reader.digits(2);
  reader.mark(":");
  const int minute = reader.digits(2);
  reader.mark(":");
  const int second = reader.digits(2);
  const std::int32_t nanos = reader.take(".") ? read_fraction(reader) : 0;
  const std::int64_t offset = read_offset(reader);
  if (!reader.done() || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
      hour > 23 || minute > 59 || second > 59)
    return {};
  const std::int64_t seconds =
      days_of(year, month, day) * kDay + hour * 3600 + minute * 60 + second - offset;
  if (seconds < kSecondsMin || seconds > kSecondsMax) return {};
  return Instant{.seconds = seconds, .nanos = nanos};
}

std::string instant_text(Instant instant) {
  const Civil civil = civil_of(instant.seconds);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month,
                                 civil.day, civil.hour, civil.minute, civil.second);
  if (instant.nanos != 0) {
    text += fmt::format(".{:09}", instant.nanos);
    while (text.back() == '0') text.pop_back();
  }
  return text + 'Z';
}

std::optional<std::int64_t> read_duration(std::string_view text) noexcept {
  struct Unit {
    std::string_view name;
    std::int64_t nanos;
  };
  static constexpr std::array<Unit, 7> kUnits = {{{"ns", 1},
                                                  {"us", 1'000},
                                                  {"µs", 1'000},
                                                  {"ms", 1'000'000},
                                                  {"h", 3'600 * kNanosPerSecond},
                                                  {"m", 60 * kNanosPerSecond},
                                                  {"s", kNanosPerSecond}}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return {};
  Wide total = 0;
  while (!text.empty()) {
    std::int64_t whole = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), whole);
    const auto digits = static_cast<std::size_t>(read.ptr - text.data());
    if (read.ec == std::errc::result_out_of_range || text.front() == '-') return {};
    text.remove_prefix(digits);
    Wide fraction = 0, scale = 1;
    bool any = digits > 0;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        any = true;
        if (scale < Wide{1'000'000'000'000'000}) {
          fraction = fraction * 10 + (text.front() - '0');
          scale *= 10;
        }
        text.remove_prefix(1);
      }
    }
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits)
      if (found == nullptr && text.starts_with(unit.name)) found = &unit;
    if (!any || found == nullptr) return {};
    text.remove_prefix(found->name.size());
    total += Wide{whole} * found->nanos + fraction * found->nanos / scale;
    if (total > INT64_MAX) return {};
  }
  return static_cast<std::int64_t>(negative ? -total : total);
}

std::string duration_text(std::int64_t nanos) {
  const bool negative = nanos < 0;
  const auto size =
      negative ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  std::string text = fmt::format("{}{}", negative ? "-" : "", size / 1'000'000'000U);
  if (size % 1'000'000'000U != 0) {
    text += fmt::format(".{:09}", size % 1'000'000'000U);
    while (text.back() == '0') text.pop_back();
  }
  return text + 's';
}

}  // namespace plimsoll::cel
