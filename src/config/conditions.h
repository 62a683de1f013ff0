#pragma once

#include <string_view>

#include "cel/program.h"
#include "config/problems.h"
#include "config/yaml.h"

namespace plimsoll::config {

/// Whether a scalar is a condition over these names; else the problem is added, at
/// the very byte where the document shows the text as it is.
bool is_condition(const yaml::Node& node, std::string_view subject, const cel::Environment& names,
                  Problems& problems);

}  // namespace plimsoll::config
