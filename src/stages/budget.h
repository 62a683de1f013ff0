#pragma once

#include <optional>

#include "pipeline/stage.h"
#include "ports/accounts.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// What an attempt may use at most.
struct WorstCase {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;  // of all choices
  std::optional<std::int64_t>
      upstream_limit;         // output limit per choice to send, if not the client's
  std::optional<Money> cost;  // absent: price unknown
};

/// The worst case of an attempt at `model`, fitted under the feature's output
/// ceiling and under `cost_left`. A token is at least a byte, so the body's size
/// bounds the input. An output without any limit is given one that
/// `cost_left` can pay.
///
/// Errors
///   cost_ceiling    the client's own limit, or the input alone, may cost more
///   price_unknown   there is a cost ceiling and the model has no price
[[nodiscard]] Result<WorstCase> worst_case(const Request& request, const Feature& feature,
                                           const ModelEntry& model, std::optional<Money> cost_left);

/// Sets the worst case of each attempt aside before it is sent and settles what
/// was used, exactly once, on every way out.
///
/// Errors
///   cost_ceiling, price_unknown   as worst_case
///   budget_exhausted              the account cannot cover the attempt
class Budget final : public pipeline::Stage {
 public:
  Budget(ports::Accounts& accounts, const ports::Timers& timers)
      : accounts_(accounts), timers_(timers) {}
  std::string_view name() const noexcept override { return "budget"; }
  Task<Result<Reply>> handle(Call call, pipeline::Next next) const override;

 private:
  ports::Accounts& accounts_;
  const ports::Timers& timers_;
};

}  // namespace plimsoll::stages
