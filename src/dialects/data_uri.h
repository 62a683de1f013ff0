#pragma once

#include <optional>
#include <string_view>

namespace plimsoll::dialects {

/// The parts of "data:<media type>;base64,<data>", as views into it.
struct DataUri {
  std::string_view media_type, base64;
};

/// Empty when `url` is no data URI in base64. Parameters of the type are left out.
inline std::optional<DataUri> data_uri(std::string_view url) {
  constexpr std::string_view kScheme = "data:", kEncoding = ";base64";
  if (!url.starts_with(kScheme)) return {};
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return {};
  const std::string_view head = url.substr(kScheme.size(), comma - kScheme.size());
  if (!head.ends_with(kEncoding)) return {};
  return DataUri{.media_type = head.substr(0, head.find(';')), .base64 = url.substr(comma + 1)};
}

}  // namespace plimsoll::dialects
