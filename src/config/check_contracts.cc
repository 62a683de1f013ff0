#include <fmt/format.h>

#include <string_view>

#include "checks/compiled_pattern.h"
#include "checks/excerpt.h"
#include "config/cross_checks.h"
#include "config/units.h"

namespace plimsoll::config {
namespace {

struct Bench {
  const Feature& feature;
  const Places& places;
  Problems& problems;

  void contradiction(std::string_view field, std::string what, std::string fix) const {
    problems.add(places.of(fmt::format("features/{}/{}", feature.index, field)),
                 "config_contradiction", fmt::format("feature \"{}\" {}", feature.name, what),
                 std::move(fix));
  }
  void lengths() const;
  void texts() const;
  void keys() const;
  void correction() const;
  void waits() const;
};

void Bench::lengths() const {
  const OutputRules& rules = feature.output;
  if (rules.min_chars && rules.max_chars && *rules.min_chars > *rules.max_chars)
    contradiction("output/min_chars",
                  fmt::format("asks for at least {} and at most {} characters", *rules.min_chars,
                              *rules.max_chars),
                  fmt::format("write {} or less", *rules.max_chars));
  for (const std::string& text : rules.must_contain)
    if (const std::size_t length = checks::code_points(text);
        rules.max_chars && length > *rules.max_chars)
      contradiction(
          "output/must_contain",
          fmt::format("must contain a text of {} characters within {}", length, *rules.max_chars),
          fmt::format("write max_chars: {} or more", length));
}

void Bench::texts() const {
  for (const std::string& source : feature.output.must_not_match) {
    const auto pattern = checks::CompiledPattern::compile(source);
    if (!pattern) continue;
    for (const std::string& text : feature.output.must_contain)
      if (pattern->find_in(text))
        contradiction("output/must_not_match",
                      fmt::format("must contain \"{}\" and must not match '{}', which matches it",
                                  checks::excerpt(text, 40), checks::excerpt(source, 40)),
                      "remove one of the two");
  }
}

void Bench::keys() const {
  if (feature.output.json_required.empty() || feature.output.json || feature.output.schema) return;
  contradiction("output/required_keys", "requires keys of an answer that need not be JSON",
                "add json: true");
}

void Bench::correction() const {
  const std::string& words = feature.output.correction;
  if (words.empty() || words.find("{violations}") != std::string::npos) return;
  contradiction("output/correction", "has a correction that does not say what was wrong",
                "put {violations} where it is to be told");
}

void Bench::waits() const {
  if (feature.retry.backoff_base <= feature.retry.backoff_max) return;
  contradiction("retry/backoff",
                fmt::format("waits {} before the second try and at most {} before any",
                            duration_text(feature.retry.backoff_base),
                            duration_text(feature.retry.backoff_max)),
                "lower backoff or raise backoff_max");
}

}  // namespace

void check_contracts(const Draft& draft, const Places& places, Problems& problems) {
  for (const Feature& feature : draft.plan.features) {
    const Bench bench{feature, places, problems};
    bench.lengths();
    bench.texts();
    bench.keys();
    bench.correction();
    bench.waits();
  }
}

}  // namespace plimsoll::config
