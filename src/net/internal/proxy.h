#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_client.h"

namespace plimsoll::net {

/// The proxy variables of a process. Both spellings count; lower case wins.
struct ProxyEnvironment {
  std::string https_proxy, http_proxy, no_proxy;

  static ProxyEnvironment of_process();
};

struct Proxy {
  std::string host;
  std::uint16_t port = 80;
  std::string authorization;  // "Basic ..." or ""; never to be printed
};

/// Reads "http://[user[:password]@]host[:port][/]" or "host[:port]". What it
/// says about a bad one holds nothing of the text.
///
/// Errors
///   config_invalid   not such a URL, or a proxy that is itself spoken to by TLS
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view url);

/// The proxy for `origin`: its own, else the environment's. None for a unix
/// socket, and by the environment none for loopback and what NO_PROXY names.
///
/// Errors: as parse_proxy.
[[nodiscard]] Result<std::optional<Proxy>> choose_proxy(const Origin& origin,
                                                        const ProxyEnvironment& environment);

/// Whether `list` ("*", names, ".suffixes", addresses, each with or without
/// ":port"; commas or blanks between) takes `host` out. A name takes its
/// subdomains along. Ranges of addresses (CIDR) are not understood.
bool no_proxy_names(std::string_view list, std::string_view host, std::uint16_t port);

}  // namespace plimsoll::net
