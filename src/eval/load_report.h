#pragma once

#include <string>
#include <vector>

#include "eval/load_tally.h"

namespace plimsoll::eval {

/// What a report says beside the measurements.
struct LoadHeading {
  std::string url, model, arrivals;
  std::uint64_t planned = 0;  // requests of the whole plan
  bool stopped = false;       // before the plan was through
};

/// For people: times in milliseconds.
std::string load_table(const LoadHeading& heading, const LoadTally& tally,
                       const std::vector<LoadVerdict>& verdicts);

/// For programs: one JSON object; times in milliseconds, members end in `_ms`.
std::string load_json(const LoadHeading& heading, const LoadTally& tally,
                      const std::vector<LoadVerdict>& verdicts);

}  // namespace plimsoll::eval
