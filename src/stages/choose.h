#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "cel/program.h"
#include "pipeline/stage.h"
#include "stages/internal/prompt_tokens.h"

namespace plimsoll::stages {

/// Chooses the model that is asked first, by the feature's route rules: the first
/// one whose condition holds. A condition that cannot be decided does not hold; the
/// Trail says so, and which rule chose.
class Choose final : public pipeline::Stage {
 public:
  /// Errors
  ///   config_invalid   a condition does not compile
  [[nodiscard]] static Result<std::unique_ptr<Choose>> compile(const Plan& plan, Counting counting);

  std::string_view name() const noexcept override { return "choose"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  struct Rule {
    std::optional<cel::Program> when;  // absent: always
    const Feature* chosen = nullptr;   // the feature with its ladder as this rule wants it
  };
  struct Rules {
    std::vector<Rule> rules;
    bool counts_tokens = false;
  };

  explicit Choose(Counting counting) : counting_(counting) {}
  Task<Result<Reply>> count_first(Call& call, pipeline::Next next, const Rules& rules) const;
  void choose(Call& call, const Rules& rules) const;

  Counting counting_;
  std::deque<Feature> variants_;
  std::vector<Rules> by_feature_;
};

}  // namespace plimsoll::stages
