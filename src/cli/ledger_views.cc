#include "cli/ledger_views.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

#include "base/json.h"
#include "base/money.h"

namespace plimsoll::cli {
namespace {

using std::chrono::seconds;
using store::Cell;
using store::Rows;

// --- reading times ---

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  if (from + count > text.size()) return std::nullopt;
  const char* begin = text.data() + from;
  const auto [end, bad] = std::from_chars(begin, begin + count, value);
  if (bad != std::errc() || end != begin + count || *begin == '-') return std::nullopt;
  return value;
}

std::optional<seconds> parse_age(std::string_view text) {
  constexpr std::string_view kUnits = "smhdw";
  constexpr std::array<std::int64_t, 5> kSeconds{1, 60, 3'600, 86'400, 604'800};
  if (text.size() < 2) return std::nullopt;
  const std::size_t unit = kUnits.find(text.back());
  std::int64_t count = 0;
  const char* last = text.data() + text.size() - 1;
  const auto [end, bad] = std::from_chars(text.data(), last, count);
  constexpr std::int64_t kMost = 1'000'000'000;  // over thirty years, in any unit's sums
  if (unit == std::string_view::npos || bad != std::errc() || end != last) return std::nullopt;
  if (count < 0 || count > kMost / kSeconds[unit]) return std::nullopt;
  return seconds{count * kSeconds[unit]};
}

std::optional<WallTime> parse_date(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const WallTime midnight = std::chrono::sys_days(date);
  if (text.size() == 10) return midnight;
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const bool shaped =
      text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  if (!shaped || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return midnight + seconds{*hour * 3'600 + *minute * 60 + *second};
}

// --- cells ---

std::optional<std::int64_t> integer_of(const Cell& cell) {
  const auto* value = std::get_if<std::int64_t>(&cell);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::string plain(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *number);
  if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return "";
}

/// For a terminal: what a client chose as a name must not move the cursor.
std::string shown(const Cell& cell, std::size_t most = 40) {
  std::string text = plain(cell);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  if (text.size() > most) text = text.substr(0, most - 3) + "...";
  return text.empty() ? "-" : text;
}

std::string shown_time(const Cell& cell) {
  const auto ns = integer_of(cell);
  if (!ns) return "-";
  const WallTime when{std::chrono::nanoseconds{*ns}};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const auto rest = std::chrono::floor<seconds>(when - day).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     rest / 3'600, rest / 60 % 60, rest % 60);
}

std::string shown_millis(const Cell& cell) {
  const auto ns = integer_of(cell);
  return ns ? fmt::format("{:.1f}", static_cast<double>(*ns) / 1e6) : "-";
}

std::string shown_money(const Cell& cell) {
  const auto nanos = integer_of(cell);
  return nanos ? to_string(Money{*nanos}) : "unknown";
}

// --- tables ---

/// Columns as wide as their widest cell, two spaces apart; the first cell of
/// `lines` is the head. `left` says which columns hold words.
std::string aligned(const std::vector<std::vector<std::string>>& lines, std::string_view left) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += left[i] == 'l' ? fmt::format("{:<{}}  ", line[i], widths[i])
                             : fmt::format("{:>{}}  ", line[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    out.append(text).append("\n");
  }
  return out;
}

// --- JSON ---

bool is_flag(std::string_view column) {
  return column == "streamed" || column == "passed" || column == "usage_estimated";
}

void append_value(std::string& out, std::string_view column, const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell))
    out += "null";
  else if (const auto* text = std::get_if<std::string>(&cell))
    json::append_string(out, *text);
  else if (is_flag(column))
    out += integer_of(cell) == 0 ? "false" : "true";
  else
    out += plain(cell);
}

std::string object_of(const Rows& rows, std::size_t row) {
  std::string out = "{";
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (i > 0) out += ",";
    json::append_string(out, rows.columns[i]);
    out += ":";
    append_value(out, rows.columns[i], rows.rows[row][i]);
  }
  return out + "}";
}

std::string csv_field(const Cell& cell) {
  std::string text = plain(cell);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string joined_errors(const store::FeatureSummary& sums) {
  std::string out;
  for (const auto& [kind, count] : sums.errors)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", kind, count);
  return out;
}

}  // namespace

std::optional<WallTime> parse_since(std::string_view text, WallTime now) {
  if (const auto age = parse_age(text)) return now - *age;
  return parse_date(text);
}

std::string as_json(const Rows& rows) {
  std::string out = "[";
  for (std::size_t i = 0; i < rows.rows.size(); ++i)
    out.append(i == 0 ? "\n" : ",\n").append(object_of(rows, i));
  return out + "\n]\n";
}

std::string as_csv(const Rows& rows) {
  std::string out = fmt::format("{}\r\n", fmt::join(rows.columns, ","));
  for (const auto& row : rows.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out.append(i == 0 ? "" : ",").append(csv_field(row[i]));
    out += "\r\n";
  }
  return out;
}

std::string spend_table(const Rows& spend) {
  std::vector<std::vector<std::string>> lines(1);
  std::string left;
  for (const std::string& column : spend.columns) {
    const bool money = column.ends_with("_nanos");
    std::string head = money ? column.substr(0, column.size() - 6) : column;
    for (char& c : head) c = c == '_' ? ' ' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    lines[0].push_back(std::move(head));
    const bool is_group = column == "feature" || column == "key_id" || column == "tenant" ||
                          column == "provider" || column == "model" || column == "day";
    left += is_group ? 'l' : 'r';
  }
  for (const auto& row : spend.rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i)
      line.push_back(spend.columns[i].ends_with("_nanos")
                         ? (integer_of(row[i]) ? shown_money(row[i]) : "-")
                         : shown(row[i]));
  }
  return aligned(lines, left);
}

std::string calls_table(const Rows& calls) {
  std::vector<std::vector<std::string>> lines{{"CALL", "TIME (UTC)", "FEATURE", "MODEL", "STATUS",
                                               "HTTP", "TRIES", "IN", "OUT", "COST", "MS"}};
  for (std::size_t i = 0; i < calls.rows.size(); ++i)
    lines.push_back({shown(calls.at(i, "call_id")), shown_time(calls.at(i, "started_ns")),
                     shown(calls.at(i, "feature"), 24), shown(calls.at(i, "model_asked"), 32),
                     shown(calls.at(i, "status")), shown(calls.at(i, "http_status")),
                     shown(calls.at(i, "attempts")), shown(calls.at(i, "input_tokens")),
                     shown(calls.at(i, "output_tokens")), shown_money(calls.at(i, "cost_nanos")),
                     shown_millis(calls.at(i, "duration_ns"))});
  return aligned(lines, "lllllrrrrrr");
}

namespace {

std::string attempts_table(const Rows& attempts) {
  std::vector<std::vector<std::string>> lines{{"TRY", "RUNG", "PROVIDER", "MODEL", "HTTP", "RESULT",
                                               "VERDICT", "START MS", "FIRST MS", "END MS", "IN",
                                               "OUT", "COST"}};
  for (std::size_t i = 0; i < attempts.rows.size(); ++i) {
    const Cell& error = attempts.at(i, "error");
    const bool well = std::holds_alternative<std::monostate>(error);
    lines.push_back({shown(attempts.at(i, "n")), shown(attempts.at(i, "rung")),
                     shown(attempts.at(i, "provider")), shown(attempts.at(i, "model")),
                     shown(attempts.at(i, "status")), well ? "answered" : shown(error),
                     shown(attempts.at(i, "verdict")), shown_millis(attempts.at(i, "started_ns")),
                     shown_millis(attempts.at(i, "first_byte_ns")),
                     shown_millis(attempts.at(i, "ended_ns")),
                     shown(attempts.at(i, "input_tokens")), shown(attempts.at(i, "output_tokens")),
                     shown_money(attempts.at(i, "cost_nanos"))});
  }
  return aligned(lines, "rrllrllrrrrrr");
}

std::string controls_table(const Rows& controls) {
  std::vector<std::vector<std::string>> lines{{"CONTROL", "TRY", "RESULT", "US", "NOTE"}};
  for (std::size_t i = 0; i < controls.rows.size(); ++i) {
    const auto took = integer_of(controls.at(i, "took_ns")).value_or(0);
    lines.push_back({shown(controls.at(i, "control")), shown(controls.at(i, "attempt")),
                     integer_of(controls.at(i, "passed")) == 0 ? "refused" : "passed",
                     fmt::format("{:.1f}", static_cast<double>(took) / 1e3),
                     shown(controls.at(i, "note"), 60)});
  }
  return aligned(lines, "lrlrl");
}

std::string violations_table(const Rows& violations) {
  std::vector<std::vector<std::string>> lines{{"TRY", "CHECK", "WHERE", "EXPECTED", "FOUND"}};
  for (std::size_t i = 0; i < violations.rows.size(); ++i)
    lines.push_back({shown(violations.at(i, "attempt")), shown(violations.at(i, "check_name")),
                     shown(violations.at(i, "place")), shown(violations.at(i, "expected"), 60),
                     shown(violations.at(i, "found"), 60)});
  return aligned(lines, "rllll");
}

/// Every column of the call that says something, one a line.
std::string call_facts(const Rows& call) {
  std::string out;
  for (const std::string& column : call.columns) {
    const Cell& cell = call.at(0, column);
    if (column == "id" || column == "controls" || plain(cell).empty()) continue;
    std::string value = shown(cell, 2'000);
    if (column == "started_ns") value = shown_time(cell) + " UTC";
    if (column == "first_byte_ns" || column == "duration_ns") value = shown_millis(cell) + " ms";
    if (column == "cost_nanos") value = shown_money(cell);
    if (is_flag(column)) value = integer_of(cell) == 0 ? "no" : "yes";
    const std::size_t unit = column.rfind("_n");
    const bool timed = column.ends_with("_ns") || column.ends_with("_nanos");
    out += fmt::format("{:<16} {}\n", timed ? column.substr(0, unit) : column, value);
  }
  return out;
}

}  // namespace

std::string story_text(const store::LedgerReader::Story& story) {
  std::string out = call_facts(story.call);
  if (!story.attempts.rows.empty()) out += "\nATTEMPTS\n" + attempts_table(story.attempts);
  if (!story.violations.rows.empty())
    out += "\nWHAT THE CHECKS REFUSED\n" + violations_table(story.violations);
  if (!story.controls.rows.empty()) out += "\nCONTROLS THAT RAN\n" + controls_table(story.controls);
  return out;
}

std::string story_json(const store::LedgerReader::Story& story) {
  return fmt::format("{{\"call\":{},\n\"attempts\":{},\"violations\":{},\"controls\":{}}}\n",
                     object_of(story.call, 0), as_json(story.attempts), as_json(story.violations),
                     as_json(story.controls));
}

Rows summary_rows(const std::vector<store::FeatureSummary>& summary) {
  Rows out{.columns = {"feature", "calls", "answered", "attempts", "input_tokens", "output_tokens",
                       "cost_nanos", "cost_unknown_calls", "p50_ns", "p95_ns", "p99_ns", "errors"}};
  for (const store::FeatureSummary& sums : summary)
    out.rows.push_back({sums.feature, sums.calls, sums.answered, sums.attempts, sums.input_tokens,
                        sums.output_tokens, sums.cost.nanos, sums.cost_unknown,
                        std::int64_t{sums.p50.count()}, std::int64_t{sums.p95.count()},
                        std::int64_t{sums.p99.count()}, joined_errors(sums)});
  return out;
}

std::string summary_table(const std::vector<store::FeatureSummary>& summary) {
  const Rows rows = summary_rows(summary);
  std::vector<std::vector<std::string>> lines{{"FEATURE", "CALLS", "ANSWERED", "TRIES", "IN", "OUT",
                                               "COST", "P50 MS", "P95 MS", "P99 MS", "ERRORS"}};
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string cost = shown_money(rows.at(i, "cost_nanos"));
    if (summary[i].cost_unknown > 0) cost += fmt::format(" + {} unknown", summary[i].cost_unknown);
    lines.push_back({shown(rows.at(i, "feature")), shown(rows.at(i, "calls")),
                     shown(rows.at(i, "answered")), shown(rows.at(i, "attempts")),
                     shown(rows.at(i, "input_tokens")), shown(rows.at(i, "output_tokens")), cost,
                     shown_millis(rows.at(i, "p50_ns")), shown_millis(rows.at(i, "p95_ns")),
                     shown_millis(rows.at(i, "p99_ns")), shown(rows.at(i, "errors"), 200)});
  }
  return aligned(lines, "lrrrrrrrrrl");
}

std::string summary_json(const std::vector<store::FeatureSummary>& summary) {
  Rows rows = summary_rows(summary);
  rows.columns.pop_back();
  for (auto& row : rows.rows) row.pop_back();
  std::string out = "[";
  for (std::size_t i = 0; i < summary.size(); ++i) {
    std::string object = object_of(rows, i);
    object.back() = ',';
    object += "\"errors\":{";
    for (const auto& [kind, count] : summary[i].errors) {
      if (object.back() != '{') object += ',';
      object += fmt::format("{}:{}", json::quoted(kind), count);
    }
    out.append(i == 0 ? "\n" : ",\n").append(object).append("}}");
  }
  return out + "\n]\n";
}

}  // namespace plimsoll::cli
