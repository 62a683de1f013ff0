#pragma once

#include <cstdint>

#include "base/json_tape.h"
#include "checks/schema/raw_numbers.h"

namespace plimsoll::checks::schema {

/// How much work may still be done; below nought it is used up.
using Steps = std::int64_t;

/// A value, its document, and the exact numbers of that.
struct Spot {
  const json::Tape& tape;
  json::Place at;
  RawNumbers& numbers;
};

/// Whether two values say the same: the order of members does not matter, that of
/// items does, 1 is 1.0, and numbers are compared exactly. Each of two members of
/// one name needs its like on the other side. Takes steps; false when they run out.
bool same_value(const Spot& a, const Spot& b, Steps& steps);

/// Equal for values that are the same.
std::uint64_t hash_value(const json::Tape& tape, json::Place at, Steps& steps);

}  // namespace plimsoll::checks::schema
