#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plimsoll::json {

inline constexpr std::size_t kDepthMax = 1024;

/// Where and why `text` is not one JSON value. Slow; for the error message of a
/// text that the parser has refused. `reason` is empty when nothing is wrong.
struct Fault {
  std::size_t at = 0;  // byte offset; the size of the text when it ends too early
  std::string_view reason;
};
Fault find_fault(std::string_view text);

/// "line 3, column 14 (byte 57): a comma or '}' must follow". Columns count bytes.
std::string describe(const Fault& fault, std::string_view text);

}  // namespace plimsoll::json
