#include "stages/validate_call.h"

#include <fmt/format.h>

#include "stages/internal/control_timer.h"

namespace plimsoll::stages {
namespace {

std::unexpected<Error> over_ceiling(const PromptTokens& prompt, const Feature& feature,
                                    std::int64_t ceiling) {
  return fail(ErrorKind::token_ceiling,
              fmt::format("the prompt has {} {} tokens; feature \"{}\" takes at most {}",
                          prompt.exact ? "exactly" : "about", prompt.tokens, feature.name, ceiling),
              "shorten the messages, or raise objectives.tokens.input");
}

}  // namespace

bool surely_fits(const Request& request, std::int64_t ceiling) noexcept {
  // What providers add of their own, and something with an address instead of
  // data, may have more tokens than bytes.
  constexpr std::size_t kFraming = 2'048, kPerMessage = 48;
  const std::string_view body = request.body;
  const std::size_t most = body.size() + kFraming + request.messages * kPerMessage;
  return ceiling >= 0 && most <= static_cast<std::size_t>(ceiling) && !may_point_elsewhere(body);
}

Task<Result<PromptTokens>> count_prompt(const Call& call, Counting counting) {
  return prompt_tokens(call, first_model(call), counting, std::nullopt);
}

Task<Result<Reply>> ValidateCall::handle(Call& call, pipeline::Next next) const {
  const ControlTimer timer(counting_.timers, "validate_call", *call.trail);
  if (auto kept = inputs_.check(call); !kept) {
    timer.refused(*call.trail);
    return pipeline::refused(std::move(kept).error());
  }
  const auto ceiling = call.feature->objectives.input_tokens_max;
  if (ceiling && !surely_fits(*call.request, *ceiling)) return count_first(call, next, *ceiling);
  timer.passed(*call.trail);
  return next(call);
}

Task<Result<Reply>> ValidateCall::count_first(Call& call, pipeline::Next next,
                                              std::int64_t ceiling) const {
  const ControlTimer timer(counting_.timers, "validate_call", *call.trail);
  const ModelEntry& model = first_model(call);
  auto prompt = co_await prompt_tokens(call, model, counting_, ceiling);
  if (!prompt || prompt->tokens > ceiling) {
    timer.refused(*call.trail);
    if (!prompt) co_return std::unexpected(std::move(prompt).error());
    co_return over_ceiling(*prompt, *call.feature, ceiling);
  }
  call.prompt = *prompt;
  call.prompt_counted_for = model.upstream_model;
  timer.passed(*call.trail);
  co_return co_await next(call);
}

}  // namespace plimsoll::stages
