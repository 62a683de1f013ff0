#pragma once

#include <map>
#include <memory>

#include "pipeline/stage.h"
#include "ports/timers.h"
#include "rules/table.h"

namespace plimsoll::stages {

/// Answers at the rungs that ask no model, in the words of every dialect, whole
/// or as a stream; at all others it is not there. What it says is marked in the
/// Trail as a fallback, costs nothing, and goes through check_reply above.
///
/// The one place where a rung without a model is turned into a Reply: a new kind
/// of rung is a case of `answer_of` in the .cc.
///
/// Errors: those of the kind of rung; a fixed text has none, a rule table those of
/// rules::Table::decide.
class OwnAnswer final : public pipeline::Stage {
 public:
  /// Errors
  ///   config_invalid   a rule table does not compile
  [[nodiscard]] static Result<std::unique_ptr<OwnAnswer>> compile(const Plan& plan,
                                                                  const ports::Timers& timers);
  std::string_view name() const noexcept override { return "own_answer"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  explicit OwnAnswer(const ports::Timers& timers) : timers_(timers) {}
  Task<Result<Reply>> answer(const Call& call) const;
  Task<Result<Answer>> answer_of(const Call& call, const Rung& rung) const;

  const ports::Timers& timers_;
  std::map<const RuleTable*, rules::Table> tables_;
};

}  // namespace plimsoll::stages
