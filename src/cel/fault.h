#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plimsoll::cel {

/// Why an expression was not taken: the place in its text (bytes), the fact, and
/// one thing to do about it.
struct Fault {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string what;
  std::string fix;
};

/// The fault with the line it stands in and a caret below:
///
///   1:9: no such variable "requst"
///     requst.tools > 0
///     ^^^^^^
///   fix: did you mean "request.tools"?
std::string show(const Fault& fault, std::string_view source);

}  // namespace plimsoll::cel
