#pragma once

#include "pipeline/stage.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Picks the target of an attempt, and with it the price. Here: the model of
/// the rung, or the one that was named directly.
class Route final : public pipeline::Stage {
 public:
  explicit Route(const ports::Timers& timers) : timers_(timers) {}
  std::string_view name() const noexcept override { return "route"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  const ports::Timers& timers_;
};

}  // namespace plimsoll::stages
