#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// 32 hex digits of XXH3-128. For telling things apart in records; not a
/// security boundary.
std::string fingerprint(std::string_view bytes);

}  // namespace plimsoll
