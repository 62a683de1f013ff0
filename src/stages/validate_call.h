#pragma once

#include "pipeline/stage.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Refuses what cannot succeed before it costs a token.
///
/// Errors
///   token_ceiling   the estimated input is over the feature's ceiling
class ValidateCall final : public pipeline::Stage {
 public:
  explicit ValidateCall(const ports::Timers& timers) : timers_(timers) {}
  std::string_view name() const noexcept override { return "validate_call"; }
  Task<Result<Reply>> handle(Call call, pipeline::Next next) const override;

 private:
  const ports::Timers& timers_;
};

/// Tokens of the messages, guessed at four bytes a token and four tokens a
/// message of framing. An estimate: the exact count needs the model's tokenizer.
std::int64_t estimated_input_tokens(const Request& request) noexcept;

}  // namespace plimsoll::stages
