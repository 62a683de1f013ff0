#pragma once

#include <string>

namespace plimsoll::config {

/// docs/reference/failures.md: what follows each kind of failure.
std::string failures_markdown();

}  // namespace plimsoll::config
