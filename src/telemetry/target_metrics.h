#pragma once

#include <functional>
#include <vector>

#include "ports/target_health.h"
#include "telemetry/exposition.h"
#include "telemetry/label_names.h"

namespace plimsoll::telemetry {

/// What scrapes show of the targets: breakers, cooldowns and re-sends by provider
/// and model. Keys of one provider are summed up; the worst of their breakers
/// counts. Thread-safe.
class TargetMetrics {
 public:
  /// `views` must stay callable while this lives.
  explicit TargetMetrics(std::function<std::vector<ports::TargetView>()> views)
      : views_(std::move(views)) {}

  void show(Exposition& out);

 private:
  std::function<std::vector<ports::TargetView>()> views_;
  LabelNames providers_, models_;
};

}  // namespace plimsoll::telemetry
