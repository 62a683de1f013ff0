#pragma once

#include "pipeline/stage.h"
#include "stages/internal/input_contract.h"
#include "stages/internal/prompt_tokens.h"

namespace plimsoll::stages {

/// Refuses what cannot succeed before it costs a token.
///
/// A prompt is counted only where the feature has a ceiling that its bytes alone
/// do not keep. Counted for the model that is tried first.
///
/// Errors
///   input_rejected  the request breaks the feature's input contract
///   token_ceiling   the prompt is over the feature's ceiling
///   cancelled       the client left while a long prompt was counted
class ValidateCall final : public pipeline::Stage {
 public:
  ValidateCall(Counting counting, InputContracts inputs)
      : counting_(counting), inputs_(std::move(inputs)) {}
  std::string_view name() const noexcept override { return "validate_call"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  Task<Result<Reply>> count_first(Call& call, pipeline::Next next, std::int64_t ceiling) const;

  Counting counting_;
  InputContracts inputs_;
};

/// The prompt of a call as the model that it tries first counts it. Counts in
/// steps; needs of the call its plan, request, feature and ad hoc model.
///
/// Errors
///   cancelled   the call was cancelled first
[[nodiscard]] Task<Result<PromptTokens>> count_prompt(const Call& call, Counting counting);

/// True when the prompt cannot have more tokens than `ceiling`, whatever the
/// model: a token is at least a byte.
bool surely_fits(const Request& request, std::int64_t ceiling) noexcept;

}  // namespace plimsoll::stages
