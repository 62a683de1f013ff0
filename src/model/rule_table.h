#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll {

/// A cell of a rule table, as it was written. `at` is where, in bytes of its file.
struct RuleCell {
  std::string column;  // the fact it is about
  std::string text;    // CEL, a part of it ("<= 300"), a plain word, or JSON
  bool json = false;   // a number, true, false or null: equal to it
  std::size_t at = 0;
};

struct RuleRow {
  std::vector<RuleCell> cells;  // all must hold; none: always
  std::string when;             // one CEL condition over all facts instead; "": none
  std::string then;             // CEL: the answer, over the facts
  std::size_t at = 0, then_at = 0;
};

/// A case beside the table: what it must answer. All JSON; `then` is "" where the
/// table must not decide.
struct RuleExample {
  std::string facts, then;
  std::size_t at = 0;
};

/// A decision table: facts in, an answer out, no model asked. Plain data; `rules`
/// compiles it.
struct RuleTable {
  enum class Hit : std::uint8_t {
    first,    // the first row that holds answers
    unique,   // at most one row may hold
    collect,  // the answers of all rows that hold, as a list
  };
  /// Where the facts stand in a request.
  enum class From : std::uint8_t {
    message,    // the user's last message is their JSON
    metadata,   // the client's metadata
    tool_call,  // the arguments of the last tool call
  };
  std::string path;
  Hit hit = Hit::first;
  From from = From::message;
  std::string schema;  // JSON Schema of the facts
  std::vector<RuleRow> rows;
  std::vector<RuleExample> examples;
};

}  // namespace plimsoll
