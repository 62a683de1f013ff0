#pragma once

#include "pipeline/stage.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Answers at the rungs that ask no model, in the words of every dialect, whole
/// or as a stream; at all others it is not there. What it says is marked in the
/// Trail as a fallback, costs nothing, and goes through check_reply above.
///
/// The one place where a rung without a model is turned into a Reply: a new kind
/// of rung is a case of `answer_of` in the .cc.
///
/// Errors: those of the kind of rung; a fixed text has none.
class OwnAnswer final : public pipeline::Stage {
 public:
  explicit OwnAnswer(const ports::Timers& timers) : timers_(timers) {}
  std::string_view name() const noexcept override { return "own_answer"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  Task<Result<Reply>> answer(const Call& call) const;

  const ports::Timers& timers_;
};

}  // namespace plimsoll::stages
