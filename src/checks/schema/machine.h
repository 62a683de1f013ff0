#pragma once

#include <string_view>
#include <vector>

#include "base/json_tape.h"
#include "checks/json_schema.h"
#include "checks/schema/program.h"

namespace plimsoll::checks::schema {

/// A value to be judged. `text`: see JsonSchema::check.
struct Subject {
  json::Tape tape;
  json::Place at = 0;
  std::string_view text;
};

/// Says whether the subject fits; allocates nothing unless numbers or marks force it.
Outcome run(const Program& program, const Subject& subject);

/// The same, and everything that is wrong, in the order of the schema.
Judgement tell(const Program& program, const Subject& subject);

}  // namespace plimsoll::checks::schema
