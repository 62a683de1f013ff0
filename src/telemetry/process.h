#pragma once

#include "telemetry/exposition.h"

namespace plimsoll::telemetry {

/// Adds what the kernel says about this process, under the names that
/// Prometheus' own clients use: memory, descriptors, CPU. What cannot be read is
/// left out.
void describe_process(Exposition& out);

}  // namespace plimsoll::telemetry
