#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/plan.h"

namespace plimsoll::app {

/// Reads and compiles the one-pager at `path`; with an empty path, ./plimsoll.yaml
/// if it is there, else the plan for no file at all.
///
/// Errors
///   config_invalid   `what` holds the rendered diagnostics, ready to print
///   io_failed        the file cannot be read
[[nodiscard]] Result<std::shared_ptr<const Plan>> load_plan(const std::string& path);

}  // namespace plimsoll::app
