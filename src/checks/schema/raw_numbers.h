#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_tape.h"
#include "checks/schema/decimal.h"

namespace plimsoll::checks::schema {

/// The numbers of a document as they were written. The parser keeps 64 bits of
/// each; where that is not enough to tell, the text is asked.
class RawNumbers {
 public:
  /// Both must outlive this. `text` is what the tape was parsed from, or empty:
  /// then numbers are what the parser made of them.
  RawNumbers(const json::Tape& tape, std::string_view text) : tape_(&tape), text_(text) {}

  /// The number at `at`, exactly. The first call reads the whole text once.
  Decimal exactly(json::Place at);

 private:
  struct Found {
    json::Place at;
    std::string_view token;
  };
  void find_all();

  const json::Tape* tape_;
  std::string_view text_;
  bool ready_ = false;
  std::vector<Found> found_;  // by place
};

}  // namespace plimsoll::checks::schema
