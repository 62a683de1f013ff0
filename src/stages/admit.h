#pragma once

#include "pipeline/stage.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Who is asking, and may they? Sets the call's account, tenant and key id.
///
/// Errors
///   unauthorized   the plan asks for keys and none, or an unknown one, was sent
class Admit final : public pipeline::Stage {
 public:
  explicit Admit(const ports::Timers& timers) : timers_(timers) {}
  std::string_view name() const noexcept override { return "admit"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  const ports::Timers& timers_;
};

/// The key that `credential` (may be null) is, or null. Compares all keys, each
/// in a time that depends only on what was sent.
const Key* find_key(const Plan& plan, const Secret* credential);

}  // namespace plimsoll::stages
