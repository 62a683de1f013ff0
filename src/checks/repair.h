#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/plan.h"

namespace plimsoll::checks {

/// A text that was mended, and how: "stripped", "closed", "coerced /total",
/// "dropped /note".
struct Repaired {
  std::string text;
  std::vector<std::string> steps;
};

/// Mends an answer that was to be JSON, by what `rules` allow and `schema` proves:
///
///   strip          takes the one JSON object or array out of prose or a code fence;
///                  nothing when there are several
///   close          adds the brackets that are missing at the end, where the schema
///                  shows that nothing else is: every closed object has all the
///                  members it may have, every closed list all its items, and the
///                  last value before them is whole
///   coerce         "12" to 12 and "true" to true, where the schema wants a number or
///                  a boolean and the text is exactly one
///   drop_unknown   members that `additionalProperties: false` forbids
///
/// No value is ever invented: what is not touched stays byte for byte. The schema is
/// followed through properties, items and references into itself; where it says more
/// than that of a place, the place is left alone. Empty when nothing was mended; the
/// result is not judged. Pure.
std::optional<Repaired> repair_json(std::string_view text, const RepairRules& rules,
                                    const std::optional<json::Value>& schema);

}  // namespace plimsoll::checks
