#pragma once

#include <string_view>

#include "config/environment.h"
#include "config/field.h"
#include "config/problems.h"
#include "config/yaml.h"

namespace plimsoll::config {

/// Which value is read: its field, the form it must have, where it stands, and
/// what a message calls it. Views of its maker; used within one call.
struct LeafSpot {
  const Field& field;
  Kind kind;
  const yaml::Node& node;
  std::string_view subject;
};

/// Reads the value of one field that is not a section, as `kind` (the field's
/// own, or that of its short form). `subject` names it for messages:
/// `"timeouts.total" of feature "support-bot"`. Adds the problems it finds and
/// returns false when there was one; `out` then means nothing.
bool read_leaf(const LeafSpot& spot, const Environment& environment, Problems& problems,
               Value& out);

/// Reads a fallback or a bound of the table. It must be well-formed.
Value read_constant(Kind kind, std::string_view text);

/// "a duration such as 400ms, 1s or 5m": what belongs where `kind` is taken.
std::string_view form_of(Kind kind) noexcept;

}  // namespace plimsoll::config
