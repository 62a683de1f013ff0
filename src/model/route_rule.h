#pragma once

#include <cstddef>
#include <string>

namespace plimsoll {

/// One line of a feature's route: the first whose condition holds chooses the model
/// that is asked first.
struct RouteRule {
  std::string when;       // CEL over the request; "": always
  std::size_t model = 0;  // index into Plan::models
};

}  // namespace plimsoll
