#include "net/internal/proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "net/internal/authority.h"

namespace plimsoll::net {
namespace {

std::string variable(const char* lower, const char* upper) {
  if (const char* value = std::getenv(lower)) return value;
  const char* value = std::getenv(upper);
  return value == nullptr ? "" : value;
}

std::unexpected<Error> bad_proxy(std::string_view why) {
  return fail(ErrorKind::config_invalid, "the proxy's URL is not usable: " + std::string(why),
              "write it as http://[user:password@]host:port");
}

/// "%40" to "@"; a broken escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* hex = text.data() + i + 1;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(hex, hex + 2, value, 16).ptr == hex + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
    }
    const std::size_t used = std::min<std::size_t>(text.size() - i, 3);
    for (unsigned k = 0; k < 4; ++k) {
      out += k <= used ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string authorization_of(std::string_view user_info) {
  const std::size_t colon = std::min(user_info.find(':'), user_info.size());
  std::string pair = percent_decoded(user_info.substr(0, colon)) + ":";
  if (colon < user_info.size()) pair += percent_decoded(user_info.substr(colon + 1));
  return "Basic " + base64(pair);
}

/// Whether one entry of NO_PROXY names the host.
bool entry_names(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  std::string name(entry);
  if (!is_ip_literal(name)) {  // a bare IPv6 address has colons but no port
    const auto authority = parse_authority(entry);
    if (!authority || (authority->port != 0 && authority->port != port)) return false;
    name = authority->host;
  }
  if (host == name) return true;
  if (is_ip_literal(std::string(host))) return false;
  return host.size() > name.size() && host.ends_with(name) &&
         host[host.size() - name.size() - 1] == '.';
}

}  // namespace

ProxyEnvironment ProxyEnvironment::of_process() {
  return {.https_proxy = variable("https_proxy", "HTTPS_PROXY"),
          .http_proxy = variable("http_proxy", "HTTP_PROXY"),
          .no_proxy = variable("no_proxy", "NO_PROXY")};
}

Result<Proxy> parse_proxy(std::string_view url) {
  if (same_name(url.substr(0, 7), "http://")) {
    url.remove_prefix(7);
  } else if (url.find("://") != std::string_view::npos) {
    return bad_proxy("only http:// proxies are spoken to");
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  Proxy proxy;
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    proxy.authorization = authorization_of(url.substr(0, at));
    url.remove_prefix(at + 1);
  }
  auto authority = parse_authority(url);
  if (!authority) return bad_proxy("no host[:port] in it");
  proxy.host = std::move(authority->host);
  if (authority->port != 0) proxy.port = authority->port;
  return proxy;
}

Result<std::optional<Proxy>> choose_proxy(const Origin& origin,
                                          const ProxyEnvironment& environment) {
  if (origin.host.starts_with("unix:")) return std::nullopt;
  std::string_view url = origin.proxy;
  if (url.empty() && origin.use_environment_proxy && !is_loopback(origin.host) &&
      !no_proxy_names(environment.no_proxy, origin.host, origin.port)) {
    url = origin.tls ? environment.https_proxy : environment.http_proxy;
  }
  if (url.empty()) return std::nullopt;
  PLIMSOLL_TRY(Proxy proxy, parse_proxy(url));
  return std::optional<Proxy>(std::move(proxy));
}

bool no_proxy_names(std::string_view list, std::string_view host, std::uint16_t port) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
    const std::string_view entry = list.substr(0, end);
    if (!entry.empty() && entry_names(entry, host, port)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace plimsoll::net
