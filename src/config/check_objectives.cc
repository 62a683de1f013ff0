#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "config/cross_checks.h"
#include "config/units.h"
#include "model/usage.h"

namespace plimsoll::config {
namespace {

using Span = std::optional<milliseconds>;

/// One feature under judgement.
struct Bench {
  const Draft& draft;
  const Feature& feature;
  const Places& places;
  Problems& problems;

  std::string path(std::string_view field) const {
    return fmt::format("features/{}/{}", feature.index, field);
  }
  void unreachable(std::string_view field, std::string what, std::string fix) const {
    problems.add(places.of(path(field)), "config_unreachable_objective",
                 fmt::format("feature \"{}\" {}", feature.name, what), std::move(fix));
  }
  void certain(std::string_view field, const std::optional<ProportionTarget>& target) const;
  void ordered(std::string_view low_name, Span low, std::string_view high_name, Span high) const;
  void in_time(std::string_view name, Span target) const;
  void latency() const;
  void cost() const;
  void at_least_one_token(std::string_view field, std::optional<Money> most, Money least) const;
};

void Bench::certain(std::string_view field, const std::optional<ProportionTarget>& target) const {
  if (!target || target->at_least < 1) return;
  unreachable(fmt::format("objectives/{}/at_least", field),
              fmt::format("promises {} of exactly 1, which no number of runs can show at {} "
                          "confidence",
                          field, target->confidence),
              "write at_least: 0.999, which 2995 runs without a failure show at 0.95 confidence");
}

void Bench::ordered(std::string_view low_name, Span low, std::string_view high_name,
                    Span high) const {
  if (!low || !high || *low <= *high) return;
  unreachable(fmt::format("objectives/latency/{}", low_name),
              fmt::format("promises {} of {}, above its {} of {}", low_name, duration_text(*low),
                          high_name, duration_text(*high)),
              fmt::format("write at most {} for {}, or more for {}", duration_text(*high), low_name,
                          high_name));
}

void Bench::in_time(std::string_view name, Span target) const {
  const milliseconds total = feature.timeouts.total;
  if (!target || *target <= total) return;
  unreachable(fmt::format("objectives/latency/{}", name),
              fmt::format("promises {} of {}, but gives up after {}", name, duration_text(*target),
                          duration_text(total)),
              fmt::format("write at most {}, or raise timeouts.total", duration_text(total)));
}

void Bench::latency() const {
  const Objectives& o = feature.objectives;
  ordered("p50", o.p50, "p95", o.p95);
  ordered("p95", o.p95, "p99", o.p99);
  if (!o.p95) ordered("p50", o.p50, "p99", o.p99);
  ordered("first_token_p95", o.first_token_p95, "p95", o.p95);
  in_time("p50", o.p50);
  in_time("p95", o.p95);
  in_time("p99", o.p99);
  in_time("first_token_p95", o.first_token_p95);
}

void Bench::at_least_one_token(std::string_view field, std::optional<Money> most,
                               Money least) const {
  if (!most || *most >= least) return;
  unreachable(fmt::format("objectives/cost/{}", field),
              fmt::format("allows {} for {}, but one token in and one out cost {} on its cheapest "
                          "model",
                          to_string(*most), field, to_string(least)),
              fmt::format("write {} or more", to_string(least)));
}

void Bench::cost() const {
  std::optional<Money> cheapest;
  for (const Rung& rung : feature.ladder) {
    if (!rung.asks_model()) continue;
    std::vector<Alternative> equals = rung.any;
    if (equals.empty()) equals.push_back({.model = rung.model});
    for (const Alternative& equal : equals) {
      const ModelEntry& model = draft.plan.models[equal.model];
      if (!model.price) return;
      const Money one = cost_of({.input = 1, .output = 1}, *model.price);
      cheapest = cheapest ? std::min(*cheapest, one) : one;
    }
  }
  if (!cheapest) return;
  at_least_one_token("per_request", feature.objectives.cost_per_request, *cheapest);
  at_least_one_token("per_resolution", feature.objectives.cost_per_resolution, *cheapest);
}

}  // namespace

void check_objectives(const Draft& draft, const Places& places, Problems& problems) {
  for (const Feature& feature : draft.plan.features) {
    const Bench bench{draft, feature, places, problems};
    bench.certain("accuracy", feature.objectives.accuracy);
    bench.certain("valid", feature.objectives.valid);
    bench.latency();
    bench.cost();
  }
}

}  // namespace plimsoll::config
