#include "stages/internal/prompt_tokens.h"

#include <algorithm>

#include "tokens/prompt.h"

namespace plimsoll::stages {
namespace {

/// Text counted in one go: about half a millisecond of a loop's time.
constexpr std::size_t kStepBytes = 48 * 1024;

}  // namespace

Task<Result<PromptTokens>> prompt_tokens(const Call& call, const ModelEntry& model,
                                         Counting counting, std::optional<std::int64_t> enough) {
  const std::shared_ptr<const Request> request = call.request;
  const CancelToken cancel = call.cancel;
  json::Document document;
  PLIMSOLL_CO_TRY(const json::Value root, document.parse(request->body));
  const double factor = counting.calibration.factor(model.upstream_model);
  tokens::Prompt prompt(tokens::family_of(model.upstream_model), root);
  while (!prompt.count_some(kStepBytes)) {
    if (enough && prompt.tokens(factor).tokens > *enough) break;
    const Deadline soon = counting.timers.now() + nanoseconds(1);
    auto slept = co_await counting.timers.sleep_until(soon, cancel);
    if (!slept) co_return std::unexpected(std::move(slept).error());
  }
  co_return prompt.tokens(factor);
}

std::int64_t prompt_tokens_at_once(const Request& request, const ModelEntry& model,
                                   const tokens::Calibration& calibration) {
  constexpr std::int64_t kBytesPerToken = 4;
  json::Document document;
  if (request.body.size() <= kStepBytes)
    if (const auto root = document.parse(request.body)) {
      tokens::Prompt prompt(tokens::family_of(model.upstream_model), *root);
      while (!prompt.count_some(kStepBytes)) continue;
      return prompt.tokens(calibration.factor(model.upstream_model)).tokens;
    }
  return static_cast<std::int64_t>(request.body.size()) / kBytesPerToken;
}

const ModelEntry& first_model(const Call& call) {
  if (call.ad_hoc_model) return *call.ad_hoc_model;
  for (const Rung& rung : call.feature->ladder)
    if (rung.asks_model()) return call.plan->models[rung.model];
  static const ModelEntry none;
  return none;
}

bool may_point_elsewhere(std::string_view body) noexcept {
  constexpr std::string_view kSigns[] = {"url", "Uri", "file_id", "\\u00"};
  return std::ranges::any_of(
      kSigns, [body](std::string_view sign) { return body.find(sign) != std::string_view::npos; });
}

}  // namespace plimsoll::stages
