#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::checks::schema {

/// ECMA-262's pattern (with the u flag, and what browsers accept beside it) in
/// RE2's words: the same texts match, in linear time. Groups become plain groups.
///
/// Errors
///   config_invalid   it is no pattern, or one that cannot be said in linear time
///                    (look-around, back-references) or in RE2 (properties that it
///                    does not know)
[[nodiscard]] Result<std::string> to_re2(std::string_view pattern);

}  // namespace plimsoll::checks::schema
