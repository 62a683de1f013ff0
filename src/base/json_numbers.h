#pragma once

#include <string>
#include <string_view>

namespace plimsoll::json {

/// A copy of `text`, a JSON text, in which every number beyond 64 bits or beyond
/// a double's range is written as the nearest double. RFC 8259 allows any
/// number; the parser does not. Strings are not touched.
std::string with_tame_numbers(std::string_view text);

}  // namespace plimsoll::json
