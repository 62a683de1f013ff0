#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll::checks::schema {

/// The values of `format` that we can check.
enum class Format : std::uint8_t {
  date_time,
  date,
  time,
  duration,
  email,
  idn_email,
  hostname,
  ipv4,
  ipv6,
  uri,
  uri_reference,
  iri,
  iri_reference,
  uri_template,
  uuid,
  json_pointer,
  relative_json_pointer,
  regex,
};

std::optional<Format> format_named(std::string_view name) noexcept;
std::string_view name_of(Format format) noexcept;

/// Whether `text` (UTF-8) has the form. Linear in the text.
bool has_format(Format format, std::string_view text);

}  // namespace plimsoll::checks::schema
