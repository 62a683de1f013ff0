#include "telemetry/target_metrics.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace plimsoll::telemetry {
namespace {

using ports::TargetView;
using Name = std::pair<std::string, std::string>;  // provider, model
using Sums = std::map<Name, TargetView>;

void add(TargetView& sum, const TargetView& view) {
  sum.breaker = std::max(sum.breaker, view.breaker);
  sum.cooling = sum.cooling || view.cooling;
  sum.trips += view.trips;
  sum.cooldowns += view.cooldowns;
  sum.held += view.held;
  sum.resends += view.resends;
  sum.resends_refused += view.resends_refused;
  sum.in_flight += view.in_flight;
  sum.hedges += view.hedges;
}

struct Family {
  std::string_view name, type, help;
  std::uint64_t (*value)(const TargetView&);
};

constexpr Family kFamilies[] = {
    {"plimsoll_breaker_state", "gauge", "0 closed, 1 half open, 2 open.",
     [](const TargetView& view) { return static_cast<std::uint64_t>(view.breaker); }},
    {"plimsoll_breaker_trips_total", "counter", "Times that a breaker opened.",
     [](const TargetView& view) { return view.trips; }},
    {"plimsoll_target_cooling", "gauge", "1 while a wait that the target named is kept.",
     [](const TargetView& view) { return std::uint64_t{view.cooling}; }},
    {"plimsoll_cooldowns_total", "counter", "Waits that targets asked for.",
     [](const TargetView& view) { return view.cooldowns; }},
    {"plimsoll_held_total", "counter", "Attempts held back by a cooldown or a breaker.",
     [](const TargetView& view) { return view.held; }},
    {"plimsoll_resends_total", "counter", "Repeated tries after a failure of the transport.",
     [](const TargetView& view) { return view.resends; }},
    {"plimsoll_resends_refused_total", "counter", "Repeated tries that the budget did not allow.",
     [](const TargetView& view) { return view.resends_refused; }},
    {"plimsoll_target_in_flight", "gauge", "Attempts that run now.",
     [](const TargetView& view) { return view.in_flight; }},
    {"plimsoll_hedges_total", "counter", "Second attempts beside slow ones.",
     [](const TargetView& view) { return view.hedges; }},
};

}  // namespace

void TargetMetrics::show(Exposition& out) {
  Sums sums;
  for (const TargetView& view : views_())
    add(sums[{providers_.admit(view.name.provider), models_.admit(view.name.model)}], view);
  for (const Family& family : kFamilies) {
    out.begin(family.name, family.type, family.help);
    for (const auto& [name, view] : sums)
      out.sample({{"provider", name.first}, {"model", name.second}}, family.value(view));
  }
}

}  // namespace plimsoll::telemetry
