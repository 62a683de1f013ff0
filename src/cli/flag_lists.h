#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll::cli {

/// Cuts "a=1,b=2,3" at the commas, and each part at its first '='; a part
/// without one has an empty name.
std::vector<std::pair<std::string, std::string>> named_values(std::string_view text);

}  // namespace plimsoll::cli
