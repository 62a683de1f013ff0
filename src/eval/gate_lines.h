#pragma once

#include <vector>

#include "eval/gate.h"

/// One function per kind of objective. Inside eval only.
namespace plimsoll::eval {

/// A row as the gate sees it.
struct Judged {
  const Row* row = nullptr;
  bool valid = false;     // answered, and the output contract of the feature holds
  bool resolved = false;  // valid, and every check of its case passed
};
using JudgedRows = std::vector<Judged>;

/// Shares over cases that may have been run several times.
Line judge_accuracy(const JudgedRows& rows, ProportionTarget target);
Line judge_valid(const JudgedRows& rows, ProportionTarget target);

struct LatencyTarget {
  std::string objective;
  double quantile = 0.95;
  milliseconds limit{0};
  bool first_token = false;
  bool all_streamed = false;
};
/// A run that was not answered is beyond every limit. Repeats count as requests of
/// their own: a latency is the system's, hardly the question's.
Line judge_latency(const JudgedRows& rows, const LatencyTarget& target);

struct TokenCeiling {
  std::string objective;
  std::int64_t Usage::* figure = nullptr;
  std::int64_t most = 0;
};
Line judge_tokens(const JudgedRows& rows, const TokenCeiling& ceiling);

Line judge_cost_per_request(const JudgedRows& rows, Money most);
Line judge_cost_per_resolution(const JudgedRows& rows, Money most);

}  // namespace plimsoll::eval
