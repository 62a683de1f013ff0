#include "eval/rules.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "checks/excerpt.h"
#include "checks/json_equal.h"

namespace plimsoll::eval {
namespace {

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool is_punctuation(char c) noexcept {
  return c > ' ' && c < 0x7f && !is_digit(c) && !is_letter(c);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::string shown(std::string_view text) { return json::quoted(checks::excerpt(text)); }

std::string differs(const json::Value& wanted, const std::optional<json::Value>& found,
                    std::string_view where) {
  return fmt::format("{}: wanted {}, found {}", where, checks::excerpt(wanted.dump()),
                     found ? checks::excerpt(found->dump()) : "nothing");
}

/// The end of a run of digits that may carry thousands commas ("1,234,567").
std::size_t digits_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  const auto group_follows = [&] {
    return at + 3 < text.size() && text[at] == ',' && is_digit(text[at + 1]) &&
           is_digit(text[at + 2]) && is_digit(text[at + 3]) &&
           (at + 4 == text.size() || !is_digit(text[at + 4]));
  };
  while (group_follows()) at += 4;
  return at;
}

/// The end of the number whose first digit (or point) stands at `at`.
std::size_t number_end(std::string_view text, std::size_t at) {
  std::size_t end = digits_end(text, at);
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    for (++end; end < text.size() && is_digit(text[end]);) ++end;
  }
  if (end < text.size() && lower(text[end]) == 'e') {
    std::size_t power = end + 1;
    if (power < text.size() && (text[power] == '+' || text[power] == '-')) ++power;
    const std::size_t first = power;
    while (power < text.size() && is_digit(text[power])) ++power;
    if (power > first) end = power;
  }
  return end;
}

bool is_sign_at(std::string_view text, std::size_t at) {
  if (text[at] != '-') return false;
  return at == 0 || !(is_letter(text[at - 1]) || is_digit(text[at - 1]));
}

}  // namespace

std::string normalised(std::string_view text, const Normalise& steps) {
  std::string out;
  for (const char c : text) {
    if (steps.no_punctuation && is_punctuation(c)) continue;
    if (steps.one_space && is_space(c)) {
      if (out.empty() || out.back() != ' ') out += ' ';
      continue;
    }
    out += steps.ignore_case ? lower(c) : c;
  }
  if (!steps.trim) return out;
  const auto first = std::ranges::find_if_not(out, is_space);
  const auto last = std::find_if_not(out.rbegin(), out.rend(), is_space).base();
  return first < last ? std::string(first, last) : std::string();
}

std::optional<std::string> EqualsRule::objection(std::string_view answer) const {
  if (normalised(answer, steps) == normalised(value, steps)) return std::nullopt;
  return fmt::format("wanted {}, found {}", shown(value), shown(answer));
}

std::optional<std::string> ContainsRule::objection(std::string_view answer) const {
  const std::string folded = ignore_case ? lowered(answer) : std::string();
  const std::string_view text = ignore_case ? std::string_view(folded) : answer;
  std::vector<std::string> present, absent;
  for (const std::string& one : texts) {
    (text.find(one) == std::string_view::npos ? absent : present).push_back(json::quoted(one));
  }
  if (want == Want::none && !present.empty()) {
    return fmt::format("must not contain {}", fmt::join(present, ", "));
  }
  if (want == Want::all && !absent.empty()) {
    return fmt::format("{} missing in {}", fmt::join(absent, ", "), shown(answer));
  }
  if (want == Want::any && present.empty()) {
    return fmt::format("none of {} in {}", fmt::join(absent, ", "), shown(answer));
  }
  return std::nullopt;
}

std::optional<std::string> RegexRule::objection(std::string_view answer) const {
  if (pattern.find_in(answer)) return std::nullopt;
  return fmt::format("no match for {} in {}", pattern.source(), shown(answer));
}

std::optional<std::string> JsonRule::objection(std::string_view answer) const {
  json::Document parsed;
  const auto found = parsed.parse(answer);
  if (!found) return fmt::format("not JSON: {}; found {}", found.error().what, shown(answer));
  if (!value) return std::nullopt;
  if (fields.empty()) {
    if (checks::same_json(*value, *found)) return std::nullopt;
    return differs(*value, *found, "the value");
  }
  for (const std::string& field : fields) {
    const auto wanted = value->get(field);  // there: compile has looked
    const auto got = found->get(field);
    if (!got || !checks::same_json(*wanted, *got)) return differs(*wanted, got, field);
  }
  return std::nullopt;
}

std::optional<std::string> SchemaRule::objection(std::string_view answer) const {
  json::Document parsed;
  const auto found = parsed.parse(answer);
  if (!found) return fmt::format("not JSON: {}; found {}", found.error().what, shown(answer));
  const auto violations = schema.judge(*found, answer).violations;
  if (violations.empty()) return std::nullopt;
  const Violation& first = violations.front();
  std::string more =
      violations.size() > 1 ? fmt::format(" and {} more", violations.size() - 1) : "";
  return fmt::format("{}: wanted {}, found {}{}", first.where, first.expected, first.found, more);
}

std::optional<std::string> NumericRule::objection(std::string_view answer) const {
  const std::vector<double> found = numbers_in(answer);
  if (found.empty()) return fmt::format("no number in {}", shown(answer));
  if (pick == Pick::only && found.size() > 1) {
    return fmt::format("{} numbers in {}, wanted one", found.size(), shown(answer));
  }
  const double number = pick == Pick::last ? found.back() : found.front();
  // A hair for what decimal fractions lose in binary.
  const double allowed = std::max(tolerance, relative * std::fabs(value));
  const double hair = 1e-12 * std::max(std::fabs(value), std::fabs(number));
  if (std::fabs(number - value) <= allowed + hair) return std::nullopt;
  return fmt::format("wanted {} within {}, found {}", value, allowed, number);
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at < text.size();) {
    const bool point_first = text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1]) &&
                             (at == 0 || !is_digit(text[at - 1]));
    if (!is_digit(text[at]) && !point_first) {
      ++at;
      continue;
    }
    const std::size_t end = number_end(text, at);
    std::string plain(at > 0 && is_sign_at(text, at - 1) ? "-" : "");
    for (const char c : text.substr(at, end - at)) {
      if (c != ',') plain += c;
    }
    double number = 0;
    const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), number);
    if (read.ec == std::errc()) numbers.push_back(number);
    at = end;
  }
  return numbers;
}

}  // namespace plimsoll::eval
