#include "stages/validate_call.h"

#include <fmt/format.h>

#include "stages/internal/control_timer.h"

namespace plimsoll::stages {

std::int64_t estimated_input_tokens(const Request& request) noexcept {
  constexpr std::size_t kBytesPerToken = 4;
  constexpr std::size_t kTokensPerMessage = 4;
  return static_cast<std::int64_t>((request.text_bytes + kBytesPerToken - 1) / kBytesPerToken +
                                   request.messages * kTokensPerMessage);
}

Task<Result<Reply>> ValidateCall::handle(Call call, pipeline::Next next) const {
  const ControlTimer timer(timers_, "validate_call", *call.trail);
  const std::int64_t tokens = estimated_input_tokens(*call.request);
  const std::int64_t ceiling = call.feature->objectives.input_tokens_max.value_or(tokens);
  if (tokens > ceiling) {
    timer.refused(*call.trail);
    return pipeline::refused(
        {.kind = ErrorKind::token_ceiling,
         .what = fmt::format("the messages have about {} tokens; feature \"{}\" takes at most {}",
                             tokens, call.feature->name, ceiling),
         .hint = "shorten the messages, or raise objectives.tokens.input"});
  }
  timer.passed(*call.trail);
  return next(std::move(call));
}

}  // namespace plimsoll::stages
