#include <fmt/core.h>

#include <algorithm>

#include "config/cross_checks.h"

namespace plimsoll::config {

/// The proof is by cases: whatever rung answers, it asks no model, or its answer is
/// held to the table before any of it leaves.
void check_critical(const Draft& draft, const Places& places, Problems& problems) {
  for (const Feature& feature : draft.plan.features) {
    if (!feature.critical) continue;
    const std::string path = fmt::format("features/{}", feature.index);
    const auto refuse = [&](std::string_view field, std::string why, std::string fix) {
      problems.add(places.of(fmt::format("{}/{}", path, field)), "config_contradiction",
                   fmt::format("feature \"{}\" is critical, and {}", feature.name, why),
                   std::move(fix));
    };
    const auto model =
        std::ranges::find_if(feature.ladder, [](const Rung& rung) { return rung.asks_model(); });
    const bool asks = model != feature.ladder.end() || !feature.route.empty();
    if (asks && !feature.output.confirm && !places.written(path + "/output/confirm"))
      refuse(model == feature.ladder.end()
                 ? std::string("route")
                 : fmt::format("ladder/{}", model - feature.ladder.begin()),
             "a model's answer could leave unconfirmed",
             "add output: {confirm: rules/TABLE.yaml}, or let rules answer alone");
    if (asks && feature.output.confirm && feature.output.mode() == StreamMode::pass)
      refuse("output/stream", "its streams leave before they are confirmed",
             "write stream: verified, or leave it out");
  }
}

}  // namespace plimsoll::config
