#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace plimsoll::net {

/// Reads "QUOTA PERIOD" as cgroups write it, microseconds both; rounds up.
/// Empty for "max ..." (v2), -1 (v1) or anything else.
std::optional<std::size_t> cpus_of_quota(const std::string& quota_and_period);

}  // namespace plimsoll::net
