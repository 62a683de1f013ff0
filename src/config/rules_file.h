#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.h"
#include "model/rule_table.h"

namespace plimsoll::config {

/// What is wrong with a rule table: its place in its own file, and what to do.
struct RulesProblem {
  std::string what;  // begins with "rules/refund.yaml:12:5: "
  std::string fix;
};

/// Reads a rule table, compiles it, looks for gaps, overlaps and unreachable rows,
/// and runs the tests that stand beside it. The table is good when `problems` stays
/// empty. Pure but for a schema that the table names by its path.
///
///   hit: first | unique | collect                  how many rows may answer
///   from: message | metadata | tool_call           where a request carries the facts
///   facts: {type: object, properties: {...}}       their JSON Schema, or its path
///   rows:
///     - {when: {amount: '<= 5000', tier: gold}, then: {decision: approve}}
///     - {when: 'amount > limit', then: {decision: refuse, by: =amount - limit}}
///   tests:
///     - {facts: {amount: 10, tier: gold}, then: {decision: approve}}
std::shared_ptr<const RuleTable> read_rules(std::string_view path, std::string_view text,
                                            const Environment& environment,
                                            std::vector<RulesProblem>& problems);

}  // namespace plimsoll::config
