#pragma once

#include <string>
#include <string_view>

namespace plimsoll::checks::schema {

/// `reference` as seen from `base` (RFC 3986, 5.2), without its fragment; and the
/// fragment, with its percent signs decoded.
struct ResolvedUri {
  std::string uri;
  std::string fragment;
};
ResolvedUri resolve_uri(std::string_view base, std::string_view reference);

}  // namespace plimsoll::checks::schema
