#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::net {

/// "host[:port]" taken apart.
struct Authority {
  std::string host;        // lower case; IPv6 without brackets
  std::uint16_t port = 0;  // 0: none was written
};

/// Reads "name", "name:8080", "1.2.3.4:80", "[::1]:443".
///
/// Errors
///   config_invalid   empty, a character no host has, or a port out of 1..65535
[[nodiscard]] Result<Authority> parse_authority(std::string_view text);

/// True for "1.2.3.4" and "::1": text that needs no DNS.
bool is_ip_literal(const std::string& host) noexcept;

/// True for 127.0.0.0/8, ::1, and "localhost" with its subdomains.
bool is_loopback(const std::string& host) noexcept;

/// "host" or "host:port", IPv6 in brackets. Port 0 is left out.
std::string to_authority(std::string_view host, std::uint16_t port);

}  // namespace plimsoll::net
