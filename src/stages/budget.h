#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "pipeline/stage.h"
#include "ports/accounts.h"
#include "ports/budgets.h"
#include "stages/internal/prompt_tokens.h"

namespace plimsoll::stages {

/// What an attempt may use at most.
struct WorstCase {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;  // of all choices
  std::optional<std::int64_t>
      upstream_limit;         // output limit per choice to send, if not the client's
  std::optional<Money> cost;  // absent: price unknown
  bool narrowed = false;      // the output was cut to what the cost left can pay
};

/// What bounds an attempt from outside.
struct Bounds {
  std::optional<Money> cost_left;                   // absent: no ceiling
  std::int64_t input_tokens_most = 0;               // of the prompt
  std::optional<std::int64_t> output_tokens_max{};  // of the rung
  bool limit_output = false;                        // an output without a limit gets one
};

/// The worst case of an attempt at `model`, fitted under the feature's output
/// ceiling and under the cost that is left. An output without any limit is given
/// one that this cost can pay.
///
/// Errors
///   cost_ceiling    the client's own limit, or the input alone, may cost more
///   price_unknown   there is a cost ceiling and the model has no price
[[nodiscard]] Result<WorstCase> worst_case(const Request& request, const Feature& feature,
                                           const ModelEntry& model, const Bounds& bounds);

/// Sets the worst case of each attempt aside before it is sent and settles what
/// was used, exactly once, on every way out. The prompt is bounded by the bytes of
/// the request, and counted only where that bound is too dear. What a model
/// without a public vocabulary bills teaches the next estimate.
///
/// Errors
///   cost_ceiling, price_unknown   as worst_case
///   budget_exhausted              the account or a budget cannot cover the attempt; where the
///                                 budget says `degrade` and a rung is left, it is cost_ceiling,
///                                 after which the ladder goes down
///   cancelled                     the client left while a long prompt was counted
class Budget final : public pipeline::Stage {
 public:
  Budget(ports::Accounts& accounts, ports::Budgets& budgets, Counting counting)
      : accounts_(accounts), budgets_(budgets), counting_(counting) {}
  std::string_view name() const noexcept override { return "budget"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  using Asks = std::vector<ports::BudgetAsk>;
  Task<Result<WorstCase>> counted_worst_case(Call& call, bool budgeted) const;
  Task<Result<ports::MoneyGrant>> draw_on_budgets(Call& call, const Asks& asks,
                                                  WorstCase& worst) const;
  Task<bool> may_ask_again(const Call& call, const ports::MoneyRefusal& refusal) const;

  ports::Accounts& accounts_;
  ports::Budgets& budgets_;
  Counting counting_;
  mutable std::atomic<int> queued_{0};  // calls that wait for money, of all threads
};

}  // namespace plimsoll::stages
