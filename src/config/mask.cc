#include "config/mask.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace plimsoll::config {
namespace {

constexpr std::array<std::string_view, 6> kTelltales{"key",      "secret",        "token",
                                                     "password", "authorization", "credential"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

bool names_a_secret(std::string_view word) {
  return std::ranges::any_of(kTelltales, [word](std::string_view end) {
    if (word.size() < end.size()) return false;
    return std::ranges::equal(word.substr(word.size() - end.size()), end, [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == b;
    });
  });
}

/// References, and what stands after "tls: {key:" and "pass_client_key:".
bool is_harmless(std::string_view value) {
  return value.starts_with("env:") || value.starts_with("file:") || value == "true" ||
         value == "false" || value.ends_with(".pem") || value.ends_with(".key");
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

void star(std::string& out, std::size_t begin, std::size_t end) {
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(begin),
            out.begin() + static_cast<std::ptrdiff_t>(end), '*');
}

/// Stars the value that begins at `at`, right after a colon; returns its end.
std::size_t mask_value(std::string& out, std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  const std::size_t line_end = end_of_line(text, at);
  char quote = 0;
  if (at < line_end && (text[at] == '"' || text[at] == '\'')) quote = text[at++];
  if (text.substr(at).starts_with('{')) return at;
  std::size_t end = quote != 0 ? text.find(quote, at) : text.find_first_of(",}]#\r\n", at);
  end = std::min(end, line_end);
  if (is_harmless(text.substr(at, end - at))) return at;
  star(out, at, end);
  return end;
}

/// The end of a bare credential that begins at `at`; `at` when none does.
std::size_t bare_credential(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("sk-") || rest.starts_with("Bearer "))
    return std::min(text.find_first_of(",}]\"'\r\n", at), text.size());
  return at;
}

}  // namespace

std::string mask_secrets(std::string_view text) {
  std::string out(text);
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    if (const std::size_t end = bare_credential(text, at); end > at) {
      star(out, at, end);
      at = end;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_word(text[at])) ++at;
    std::size_t colon = at;
    while (colon < text.size() && (text[colon] == '"' || text[colon] == '\'' || text[colon] == ' '))
      ++colon;
    const bool is_name = colon < text.size() && text[colon] == ':';
    if (is_name && names_a_secret(text.substr(begin, at - begin)))
      at = mask_value(out, text, colon + 1);
  }
  return out;
}

}  // namespace plimsoll::config
