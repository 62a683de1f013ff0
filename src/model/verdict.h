#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace plimsoll {

/// One thing that a check found wrong, with its evidence.
struct Violation {
  std::string check;     // e.g. "must_not_match"
  std::string where;     // JSON pointer, or "choice 0"
  std::string expected;  // in words a person or a model can act on
  std::string found;     // shortened to 200 bytes
};

/// What a set of checks said. Passed when nothing was violated.
struct Verdict {
  ErrorKind kind = ErrorKind::reply_invalid;  // meaning only when not passed
  std::vector<Violation> violations;
  bool passed() const noexcept { return violations.empty(); }
};

}  // namespace plimsoll
