// Goal: breakers, cooldowns and re-sends are seen by provider and model, and a
// client that invents models cannot make more than a bounded number of series.
// Method: views as they come from the port, text as it goes to the scraper.
#include "telemetry/target_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace plimsoll::telemetry {
namespace {

using ports::TargetView;

std::string shown(std::vector<TargetView> views) {
  TargetMetrics metrics([&] { return views; });
  Exposition out;
  metrics.show(out);
  return out.take();
}

TEST(TargetMetricsTest, keys_of_one_model_are_summed_and_the_worst_breaker_counts) {
  const std::string text =
      shown({{.name = {"up", "k1", "m"}, .trips = 1, .resends = 3, .in_flight = 4},
             {.name = {"up", "k2", "m"},
              .breaker = TargetView::Breaker::open,
              .trips = 2,
              .in_flight = 1}});
  EXPECT_NE(text.find("plimsoll_breaker_state{provider=\"up\",model=\"m\"} 2\n"), text.npos)
      << text;
  EXPECT_NE(text.find("plimsoll_breaker_trips_total{provider=\"up\",model=\"m\"} 3\n"), text.npos);
  EXPECT_NE(text.find("plimsoll_resends_total{provider=\"up\",model=\"m\"} 3\n"), text.npos);
  EXPECT_NE(text.find("plimsoll_target_in_flight{provider=\"up\",model=\"m\"} 5\n"), text.npos);
  EXPECT_EQ(text.find("k1"), text.npos) << "no key is shown, not even its fingerprint";
}

TEST(TargetMetricsTest, invented_models_share_one_series) {
  std::vector<TargetView> views;
  for (int i = 0; i < 1'000; ++i) views.push_back({.name = {"up", "", "m" + std::to_string(i)}});
  const std::string text = shown(views);
  EXPECT_LE(std::ranges::count(text, '\n'), 9 * (static_cast<long>(LabelNames::kMost) + 3));
  EXPECT_NE(text.find("model=\"other\""), text.npos);
}

}  // namespace
}  // namespace plimsoll::telemetry
