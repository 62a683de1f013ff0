#pragma once

#include <string>

#include "model/plan.h"

namespace plimsoll::config {

/// What a plan does, in words for a terminal: where it listens, each feature
/// with its promises, ladder and checks, and what is off. Never a secret.
std::string summary(const Plan& plan);

}  // namespace plimsoll::config
