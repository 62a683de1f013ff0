#include <fmt/core.h>

#include "checks/excerpt.h"
#include "checks/json_equal.h"
#include "rules/table.h"

namespace plimsoll::rules {

bool equal_json(std::string_view left, std::string_view right) {
  json::Document one, other;
  const auto a = one.parse(left);
  const auto b = other.parse(right);
  return a && b && checks::same_json(*a, *b);
}

std::vector<Problem> run_examples(const Table& table, const RuleTable& source) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < source.examples.size(); ++i) {
    const RuleExample& example = source.examples[i];
    const auto decision = table.decide(example.facts);
    const auto add = [&](std::string what, std::string fix) {
      problems.push_back({.at = example.at,
                          .what = fmt::format("test {}: {}", i + 1, what),
                          .fix = std::move(fix)});
    };
    if (!decision && !example.then.empty())
      add("the table does not decide: " + decision.error().what,
          "add a row, or correct the facts of the test");
    if (decision && example.then.empty())
      add("the table decides " + checks::excerpt(decision->json, 120) + ", and must not",
          "remove or narrow the row");
    if (decision && !example.then.empty() && !equal_json(decision->json, example.then))
      add(fmt::format("the table answers {}, the test wants {}",
                      checks::excerpt(decision->json, 120), checks::excerpt(example.then, 120)),
          fmt::format("correct the test, or row {}",
                      decision->rows.empty() ? 0 : decision->rows.front() + 1));
  }
  return problems;
}

}  // namespace plimsoll::rules
