#include "config/forms.h"

#include <algorithm>
#include <cctype>

#include "config/units.h"

namespace plimsoll::config {
namespace {

bool is_alnum(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_host_char(char c) noexcept { return is_alnum(c) || c == '.' || c == '-' || c == '_'; }

bool is_port(std::string_view text) noexcept {
  const auto all_digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || text.empty() || text.size() > 5) return false;
  return parse_count(text).value_or(65'536) <= 65'535;
}

bool is_host(std::string_view text) noexcept {
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
    return text.find(':') != std::string_view::npos && std::ranges::all_of(text, [](char c) {
             return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
           });
  }
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, is_host_char);
}

}  // namespace

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && is_alnum(name.front()) &&
         std::ranges::all_of(name, [](char c) {
           return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == ':';
         });
}

bool is_address(std::string_view text) noexcept {
  if (text.starts_with("unix:/")) return text.size() <= 5 + 107;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool is_loopback(std::string_view address) noexcept {
  if (address.starts_with("unix:")) return true;
  const std::string_view host = address.substr(0, address.rfind(':'));
  const bool is_v4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return (host.starts_with("127.") && is_v4) || host == "localhost" || host == "[::1]";
}

bool is_url(std::string_view text) noexcept {
  const std::size_t scheme = text.find("://");
  const std::string_view name = text.substr(0, scheme);
  if (scheme == std::string_view::npos || (name != "http" && name != "https")) return false;
  text.remove_prefix(scheme + 3);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view authority = text.substr(0, slash);
  const std::string_view path = text.substr(slash);
  if (path.find_first_of("?#") != std::string_view::npos) return false;
  if (!std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F; })) return false;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  if (!has_port) return is_host(authority);
  return is_host(authority.substr(0, colon)) && is_port(authority.substr(colon + 1));
}

bool is_variable(std::string_view text) noexcept {
  if (text.empty() || text.size() > 128 || (text.front() >= '0' && text.front() <= '9'))
    return false;
  return std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '_'; });
}

bool is_header_name(std::string_view text) noexcept {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F;
  });
}

bool is_credential(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace plimsoll::config
