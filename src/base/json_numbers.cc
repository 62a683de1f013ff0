#include "base/json_numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace plimsoll::json {
namespace {

bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

template <class Number>
bool is_out_of_range(std::string_view token, Number& number) {
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  return error == std::errc::result_out_of_range && end == token.data() + token.size();
}

bool is_integer(std::string_view token) {
  return token.find_first_of(".eE") == std::string_view::npos;
}

/// True for what the parser cannot hold.
bool is_wild(std::string_view token, double& value) {
  const bool too_far = is_out_of_range(token, value);
  if (!is_integer(token)) return too_far;
  std::int64_t small = 0;
  std::uint64_t large = 0;
  return token.starts_with('-') ? is_out_of_range(token, small) : is_out_of_range(token, large);
}

/// A number that from_chars cannot reach is nearly nothing or beyond all.
double nearest(std::string_view token, double value) {
  if (!is_out_of_range(token, value)) return value;
  const bool tiny =
      token.find("e-") != std::string_view::npos || token.find("E-") != std::string_view::npos;
  if (tiny) return 0;
  constexpr double kMost = std::numeric_limits<double>::max();
  return token.starts_with('-') ? -kMost : kMost;
}

/// One past the closing quote of the string at `at`, or the end of the text.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

std::string with_tame_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (text[at] == '"') {
      at = after_string(text, at);
      out += text.substr(begin, at - begin);
    } else if (is_number_byte(text[at]) && text[at] != 'e' && text[at] != 'E') {
      while (at < text.size() && is_number_byte(text[at])) ++at;
      const std::string_view token = text.substr(begin, at - begin);
      double value = 0;
      if (is_wild(token, value))
        out += fmt::format("{:.17e}", nearest(token, value));
      else
        out += token;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace plimsoll::json
