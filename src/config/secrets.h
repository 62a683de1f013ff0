#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/environment.h"
#include "config/problems.h"
#include "config/yaml.h"

namespace plimsoll::config {

/// Resolves the reference env:NAME or file:PATH in the scalar `node` into `out`.
/// A value that is no reference is taken for the secret itself: it is hidden
/// and refused. The secret never appears in a problem.
bool read_secret(const yaml::Node& node, std::string_view subject, const Environment& environment,
                 Problems& problems, std::string& out);

/// One entry of `headers`: its name and its value, which may be a reference and
/// must be one when the name is that of a credential. Empty: a problem was added.
std::optional<std::pair<std::string, std::string>> read_header(const yaml::Entry& entry,
                                                               std::string_view subject,
                                                               const Environment& environment,
                                                               Problems& problems);

}  // namespace plimsoll::config
