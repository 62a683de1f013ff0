#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll::checks::schema {

enum class UriKind : std::uint8_t { absolute, reference };
enum class UriLetters : std::uint8_t { ascii, all };

/// Whether `text` is a URI (RFC 3986), or with all letters an IRI (RFC 3987).
bool is_uri(std::string_view text, UriKind kind, UriLetters letters);

/// RFC 6570.
bool is_uri_template(std::string_view text);

/// What stands between the brackets of a host: an IPv6 address.
bool is_ip_literal(std::string_view text);

}  // namespace plimsoll::checks::schema
