// URI       = scheme ":" [ "//" authority ] path [ "?" query ] [ "#" fragment ]
// authority = [ userinfo "@" ] ( "[" address "]" | name ) [ ":" port ]
#include "checks/schema/format_uri.h"

#include <algorithm>

namespace plimsoll::checks::schema {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/// Unreserved, sub-delims, what `more` names, beyond ASCII if asked, and "%41".
bool all_allowed(std::string_view text, std::string_view more, UriLetters letters) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
      continue;
    }
    const bool beyond = static_cast<unsigned char>(c) >= 0x80;
    if (beyond ? letters == UriLetters::all
               : is_letter(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos ||
                     more.find(c) != std::string_view::npos)
      continue;
    return false;
  }
  return true;
}

bool is_authority(std::string_view text, UriLetters letters) {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    if (!all_allowed(text.substr(0, at), ":", letters)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view inside = text.substr(1, end - 1);
    const bool future = (inside.starts_with('v') || inside.starts_with('V')) &&
                        inside.find('.') != std::string_view::npos &&
                        all_allowed(inside, ":", letters);
    if (!future && !is_ip_literal(inside)) return false;
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    if (!all_allowed(text.substr(0, colon), "", letters)) return false;
    rest = text.substr(colon);
  }
  return rest.empty() || (rest.front() == ':' && std::ranges::all_of(rest.substr(1), is_digit));
}

/// The length of "scheme:" at the front, or 0.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':') return i + 1;
    if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '+' && text[i] != '-' &&
        text[i] != '.')
      return 0;
  }
  return 0;
}

bool is_variable(std::string_view text) {
  const auto star = text.ends_with('*');
  if (star) text.remove_suffix(1);
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view most = text.substr(colon + 1);
    if (star || most.empty() || most.size() > 4 || most.front() == '0' ||
        !std::ranges::all_of(most, is_digit))
      return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '%'; });
}

bool is_expression(std::string_view text) {
  constexpr std::string_view kOperators = "+#./;?&=,!@|";
  if (!text.empty() && kOperators.find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  while (true) {
    const auto comma = text.find(',');
    if (!is_variable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_uri(std::string_view text, UriKind kind, UriLetters letters) {
  const std::size_t scheme = scheme_length(text);
  if (scheme == 0 && kind == UriKind::absolute) return false;
  text.remove_prefix(scheme);
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    if (!all_allowed(text.substr(hash + 1), ":@/?", letters)) return false;
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    if (!all_allowed(text.substr(mark + 1), ":@/?", letters)) return false;
    text = text.substr(0, mark);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const auto slash = std::min(text.find('/'), text.size());
    if (!is_authority(text.substr(0, slash), letters)) return false;
    text.remove_prefix(slash);
  }
  // "a:b" is no relative path: it would read as a scheme.
  if (scheme == 0 && text.substr(0, text.find('/')).find(':') != std::string_view::npos)
    return false;
  return all_allowed(text, ":@/", letters);
}

bool is_uri_template(std::string_view text) {
  constexpr std::string_view kNever = " \"<>\\^`|}\x7f";
  while (!text.empty()) {
    const auto open = std::min(text.find('{'), text.size());
    const std::string_view literal = text.substr(0, open);
    if (literal.find_first_of(kNever) != std::string_view::npos) return false;
    if (open == text.size()) return true;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    if (!is_expression(text.substr(open + 1, close - open - 1))) return false;
    text.remove_prefix(close + 1);
  }
  return true;
}

}  // namespace plimsoll::checks::schema
