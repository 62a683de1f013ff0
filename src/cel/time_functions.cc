#include <fmt/core.h>

#include "cel/internal/context.h"
#include "cel/internal/time_arithmetic.h"
#include "cel/internal/zones.h"

namespace plimsoll::cel {
namespace {

std::int64_t year(const Civil& civil) { return civil.year; }
std::int64_t month(const Civil& civil) { return civil.month - 1; }
std::int64_t day(const Civil& civil) { return civil.day; }
std::int64_t day_from_zero(const Civil& civil) { return civil.day - 1; }
std::int64_t week_day(const Civil& civil) { return civil.week_day; }
std::int64_t year_day(const Civil& civil) { return civil.year_day; }
std::int64_t hours(const Civil& civil) { return civil.hour; }
std::int64_t minutes(const Civil& civil) { return civil.minute; }
std::int64_t seconds(const Civil& civil) { return civil.second; }

template <std::int64_t (*Part)(const Civil&)>
Value in_utc(Context&, const Value* a) {
  return Value::integer(Part(civil_of(a[0].instant().seconds)));
}
template <std::int64_t (*Part)(const Civil&)>
Value in_zone(Context& context, const Value* a) {
  if (!context.spend(100)) return Value::error(kCostGone);
  const std::int64_t at = a[0].instant().seconds;
  const auto offset = zone_offset(a[1].text(), at);
  if (offset) return Value::integer(Part(civil_of(at + *offset)));
  return context.error(fmt::format("no time zone {:?}", a[1].text()));
}

constexpr std::int64_t kNanosPerMilli = 1'000'000;

Value milliseconds(Context&, const Value* a) {
  return Value::integer(a[0].instant().nanos / kNanosPerMilli);
}
Value milliseconds_in_zone(Context& context, const Value* a) {
  if (!zone_offset(a[1].text(), a[0].instant().seconds))
    return context.error(fmt::format("no time zone {:?}", a[1].text()));
  return milliseconds(context, a);
}
template <std::int64_t Unit>
Value whole(Context&, const Value* a) {
  return Value::integer(a[0].as_integer() / Unit);
}
/// Of a duration the milliseconds within the second, as of a timestamp.
Value milliseconds_of_duration(Context&, const Value* a) {
  return Value::integer(a[0].as_integer() % kNanosPerSecond / kNanosPerMilli);
}

constexpr Overload kRows[] = {
    {"getFullYear", "t", 'i', true, in_utc<year>},
    {"getFullYear", "ts", 'i', true, in_zone<year>},
    {"getMonth", "t", 'i', true, in_utc<month>},
    {"getMonth", "ts", 'i', true, in_zone<month>},
    {"getDate", "t", 'i', true, in_utc<day>},
    {"getDate", "ts", 'i', true, in_zone<day>},
    {"getDayOfMonth", "t", 'i', true, in_utc<day_from_zero>},
    {"getDayOfMonth", "ts", 'i', true, in_zone<day_from_zero>},
    {"getDayOfWeek", "t", 'i', true, in_utc<week_day>},
    {"getDayOfWeek", "ts", 'i', true, in_zone<week_day>},
    {"getDayOfYear", "t", 'i', true, in_utc<year_day>},
    {"getDayOfYear", "ts", 'i', true, in_zone<year_day>},
    {"getHours", "t", 'i', true, in_utc<hours>},
    {"getHours", "ts", 'i', true, in_zone<hours>},
    {"getHours", "r", 'i', true, whole<3600 * kNanosPerSecond>},
    {"getMinutes", "t", 'i', true, in_utc<minutes>},
    {"getMinutes", "ts", 'i', true, in_zone<minutes>},
    {"getMinutes", "r", 'i', true, whole<60 * kNanosPerSecond>},
    {"getSeconds", "t", 'i', true, in_utc<seconds>},
    {"getSeconds", "ts", 'i', true, in_zone<seconds>},
    {"getSeconds", "r", 'i', true, whole<kNanosPerSecond>},
    {"getMilliseconds", "t", 'i', true, milliseconds},
    {"getMilliseconds", "ts", 'i', true, milliseconds_in_zone},
    {"getMilliseconds", "r", 'i', true, milliseconds_of_duration},
};

}  // namespace

std::span<const Overload> time_functions() { return kRows; }

}  // namespace plimsoll::cel
