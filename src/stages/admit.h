#pragma once

#include "pipeline/stage.h"
#include "ports/limits.h"
#include "stages/internal/prompt_tokens.h"

namespace plimsoll::stages {

/// Who is asking, and may they ask now? Sets the call's account, tenant and key id,
/// and counts it on the limits that apply until its reply has ended.
///
/// Errors
///   unauthorized   the plan asks for keys and none, or an unknown one, was sent
///   rate_limited   a limit is used up; with the wait
class Admit final : public pipeline::Stage {
 public:
  Admit(Counting counting, ports::Limits& limits) : counting_(counting), limits_(limits) {}
  std::string_view name() const noexcept override { return "admit"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  Task<Result<Reply>> count_and_go_on(Call& call, pipeline::Next next) const;

  Counting counting_;
  ports::Limits& limits_;
};

/// The key that `credential` (may be null) is, or null. Compares all keys, each
/// in a time that depends only on what was sent.
const Key* find_key(const Plan& plan, const Secret* credential);

}  // namespace plimsoll::stages
