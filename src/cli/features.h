#pragma once

#include <string_view>

#include "base/result.h"
#include "model/plan.h"

namespace plimsoll::cli {

/// The feature of that name; with an empty name the only one there is. Points into
/// `plan`.
///
/// Errors
///   config_invalid   no such feature, or several and no name; the hint lists them
[[nodiscard]] Result<const Feature*> feature_named(const Plan& plan, std::string_view name);

}  // namespace plimsoll::cli
