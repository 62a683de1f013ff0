#pragma once

#include "base/json.h"

namespace plimsoll::checks {

/// Whether two JSON values say the same: the order of an object's members does
/// not matter, that of an array's items does, and 1 equals 1.0. Members that
/// stand twice must stand twice on both sides.
bool same_json(const json::Value& a, const json::Value& b);

}  // namespace plimsoll::checks
