#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ports/trail_sink.h"

namespace plimsoll::telemetry {

/// Several sinks as one, in the order given. They must outlive it.
class FanOut final : public ports::TrailSink {
 public:
  explicit FanOut(std::vector<ports::TrailSink*> sinks) : sinks_(std::move(sinks)) {}

  void take(const std::shared_ptr<const Trail>& trail) noexcept override {
    for (ports::TrailSink* sink : sinks_) sink->take(trail);
  }

 private:
  std::vector<ports::TrailSink*> sinks_;
};

}  // namespace plimsoll::telemetry
