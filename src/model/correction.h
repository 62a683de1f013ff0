#pragma once

#include <string>

namespace plimsoll {

/// What an attempt asks beyond the client's request, after an answer that broke
/// its contract.
struct Correction {
  std::string words;    // put behind what the user said last
  std::string schema;   // JSON; asked for in the dialect's own field. "": not asked
  bool strict = false;  // the schema is one that strict modes take
  bool json = false;    // a JSON object is asked for, where no schema is
};

}  // namespace plimsoll
