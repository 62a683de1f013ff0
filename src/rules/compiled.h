#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cel/program.h"
#include "checks/json_schema.h"
#include "rules/table.h"

namespace plimsoll::rules {

/// What the schema says of one fact.
struct Fact {
  enum class Domain : std::uint8_t { enumeration, boolean, integer, real, text, other };
  std::string name;
  Domain domain = Domain::other;
  cel::Type type;
  bool required = false;
  std::vector<std::string> words;                    // of an enumeration of texts
  std::int64_t least = INT64_MIN, most = INT64_MAX;  // of integers
};

struct Row {
  std::vector<cel::Program> conditions;  // all must hold
  cel::Program then;
};

struct Table::Compiled {
  RuleTable::Hit hit = RuleTable::Hit::first;
  RuleTable::From from = RuleTable::From::message;
  std::vector<Fact> facts;  // in the order of the environment's variables, `facts` last
  cel::Environment names;
  std::optional<checks::JsonSchema> schema;
  std::vector<Row> rows;
};

/// The facts that a schema declares: its top-level properties.
std::vector<Fact> facts_of_schema(const json::Value& schema);

/// The condition that a cell means over its column, as CEL:
///
///   <= 300, == "x", in ["a", "b"]   the column stands before it
///   5, true, null                   equal to it
///   gold                            equal to the word, where the schema lists it
///   a CEL condition                 itself; any other CEL value: equal to it
///   -                               always ("")
std::string condition_of(const RuleCell& cell, const Fact& fact, const cel::Environment& names);

}  // namespace plimsoll::rules
