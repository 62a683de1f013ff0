#pragma once

#include <string_view>

namespace plimsoll::config {

// Whether a text has a form. All pure.

/// A letter or digit, then letters, digits and . _ - : up to 64 characters.
bool is_name(std::string_view name) noexcept;

/// host:port, [v6]:port or unix:/path.
bool is_address(std::string_view text) noexcept;

/// An address that only this machine can reach.
bool is_loopback(std::string_view address) noexcept;

/// http(s)://host[:port][/path], without user, query and fragment.
bool is_url(std::string_view text) noexcept;

/// The name of an environment variable.
bool is_variable(std::string_view text) noexcept;

bool is_header_name(std::string_view text) noexcept;
bool is_header_value(std::string_view text) noexcept;

/// Printable ASCII without spaces: what can be sent as a bearer token.
bool is_credential(std::string_view text) noexcept;

}  // namespace plimsoll::config
