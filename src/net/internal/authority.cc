#include "net/internal/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace plimsoll::net {
namespace {

std::unexpected<Error> bad(std::string_view why) {
  return fail(ErrorKind::config_invalid, "not host[:port]: " + std::string(why));
}

bool is_v6(const std::string& host) noexcept {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_v4(const std::string& host) noexcept {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return bad("the port is not a number of 1 to 65535");
  }
  return port;
}

Result<Authority> parse_bracketed(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return bad("a bracket is not closed");
  Authority out{.host = lower_case(text.substr(1, close - 1))};
  if (!is_v6(out.host)) return bad("no IPv6 address between the brackets");
  const std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return out;
  if (rest.front() != ':') return bad("text after the closing bracket");
  PLIMSOLL_TRY(out.port, parse_port(rest.substr(1)));
  return out;
}

}  // namespace

Result<Authority> parse_authority(std::string_view text) {
  constexpr std::size_t kHostBytesMax = 253;
  if (text.starts_with('[')) return parse_bracketed(text);
  const std::size_t colon = std::min(text.find(':'), text.size());
  Authority out{.host = lower_case(text.substr(0, colon))};
  if (out.host.empty() || out.host.size() > kHostBytesMax) return bad("no host of 1 to 253 bytes");
  if (!std::ranges::all_of(out.host, host_char)) return bad("a character that no host name has");
  if (colon < text.size()) {
    PLIMSOLL_TRY(out.port, parse_port(text.substr(colon + 1)));
  }
  return out;
}

bool is_ip_literal(const std::string& host) noexcept { return is_v4(host) || is_v6(host); }

bool is_loopback(const std::string& host) noexcept {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  return host == "::1" || (host.starts_with("127.") && is_v4(host));
}

std::string to_authority(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  std::string out = v6 ? "[" + std::string(host) + "]" : std::string(host);
  if (port != 0) out += ":" + std::to_string(port);
  return out;
}

}  // namespace plimsoll::net
