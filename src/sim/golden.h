#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sim/dice.h"

namespace plimsoll::sim {

/// One question with its right answer.
struct GoldenCase {
  std::string id;
  std::string prompt;    // the last user message
  std::string expected;  // text, or compact JSON
};

/// The questions to which the simulator knows the answers.
///
///   file := one JSON object a line:
///     {"id": ..., "input": "text" | [messages] | {"messages": [...]}, "expected": any}
///
/// Other members are left alone, and so are cases without `expected`, whose answer
/// nobody knows. An `expected` string is a text answer, anything else is a JSON
/// answer. It is the file that `plimsoll eval` reads. Immutable after loading, so free for all
/// threads.
class GoldenSet {
 public:
  static constexpr std::size_t kCasesMax = 1'000'000;

  /// Errors
  ///   config_invalid   a line is not such an object; says which
  [[nodiscard]] static Result<GoldenSet> parse(std::string_view jsonl);
  /// Errors: as parse, and io_failed when the file cannot be read.
  [[nodiscard]] static Result<GoldenSet> load(const std::string& path);

  /// The case that one of the user's turns asks, the first turn that matches;
  /// white space at both ends does not count, nor do paragraphs behind the question.
  /// Null when none does.
  const GoldenCase* find(const std::vector<std::string>& user_turns) const;

  /// Another case's answer that differs from this one's: a plausible mistake.
  /// Empty when there is none.
  std::string_view wrong_answer(const GoldenCase& asked, Dice dice) const;

  const std::vector<GoldenCase>& cases() const noexcept { return cases_; }

 private:
  std::vector<GoldenCase> cases_;
  std::unordered_map<std::string, std::size_t> by_prompt_;
};

}  // namespace plimsoll::sim
