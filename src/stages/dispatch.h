#pragma once

#include "pipeline/stage.h"
#include "ports/upstream.h"

namespace plimsoll::stages {

/// Leaves the building. Never calls next.
class Dispatch final : public pipeline::Stage {
 public:
  explicit Dispatch(ports::Upstream& upstream) : upstream_(upstream) {}
  std::string_view name() const noexcept override { return "dispatch"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  ports::Upstream& upstream_;
};

}  // namespace plimsoll::stages
