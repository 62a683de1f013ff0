#pragma once

#include <span>
#include <string_view>

#include "cel/internal/context.h"

namespace plimsoll::cel {

/// `"%s is %.2f".format(list)`: the clauses %s %d %f %e %x %X %b %o and %%.
Value format_text(Context& context, std::string_view pattern, std::span<const Value> arguments);

}  // namespace plimsoll::cel
