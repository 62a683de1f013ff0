#include "cli/flag_lists.h"

#include <algorithm>

namespace plimsoll::cli {

std::vector<std::pair<std::string, std::string>> named_values(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> values;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    const std::size_t sign = part.find('=');
    if (sign == std::string_view::npos) {
      values.emplace_back("", part);
    } else {
      values.emplace_back(part.substr(0, sign), part.substr(sign + 1));
    }
    text.remove_prefix(comma == text.size() ? comma : comma + 1);
  }
  return values;
}

}  // namespace plimsoll::cli
