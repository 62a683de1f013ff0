// Grammar: ("http" | "https") "://" host [":" port] [path], or "unix:" path.
// No user-info, query or fragment; `host` is a name, an IPv4 address or an IPv6
// address in brackets.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "net/internal/authority.h"

namespace plimsoll::net {
namespace {

std::unexpected<Error> bad_url(std::string_view why) {
  // The text itself is not repeated: it may hold a password.
  return fail(ErrorKind::config_invalid, "not a base URL: " + std::string(why),
              "write it as https://host[:port][/path]");
}

bool path_is_clean(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '<' && c != '>';
  });
}

Result<Origin> unix_origin(std::string_view url) {
  constexpr std::size_t kPathBytesMax = 107;  // sun_path less its NUL
  const std::string_view path = url.substr(5);
  if (path.empty() || path.front() != '/') return bad_url("a unix socket needs an absolute path");
  if (path.size() > kPathBytesMax) return bad_url("the socket's path is over 107 bytes");
  Origin origin;
  origin.host = url;
  return origin;
}

}  // namespace

Result<Origin> parse_origin(std::string_view url) {
  if (url.starts_with("unix:")) return unix_origin(url);
  Origin origin;
  if (same_name(url.substr(0, 8), "https://")) {
    origin.tls = true;
    origin.port = 443;
    url.remove_prefix(8);
  } else if (same_name(url.substr(0, 7), "http://")) {
    url.remove_prefix(7);
  } else {
    return bad_url("it begins with neither http:// nor https://");
  }
  const std::size_t slash = std::min(url.find_first_of("/?#"), url.size());
  std::string_view path = url.substr(slash);
  if (url.substr(0, slash).find('@') != std::string_view::npos) {
    return bad_url("a user or password does not belong into it");
  }
  PLIMSOLL_TRY(Authority authority, parse_authority(url.substr(0, slash)));
  if (!path_is_clean(path))
    return bad_url("its path has a query, a fragment, a blank or a control");
  while (path.ends_with('/')) path.remove_suffix(1);
  origin.host = std::move(authority.host);
  if (authority.port != 0) origin.port = authority.port;
  origin.base_path = path;
  return origin;
}

}  // namespace plimsoll::net
