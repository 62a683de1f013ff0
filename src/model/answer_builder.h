#pragma once

#include <utility>

#include "model/answer.h"
#include "model/event.h"

namespace plimsoll {

/// Collects the events of a reply (or its single whole one) into an Answer.
class AnswerBuilder {
 public:
  void add(const Event& event);
  /// The same for an event that nobody needs afterwards: its texts are taken over.
  void add(Event&& event);
  const Answer& answer() const noexcept { return answer_; }
  Answer take() && { return std::move(answer_); }

 private:
  Choice& choice(int index);
  void add_delta(Delta delta);

  Answer answer_;
};

}  // namespace plimsoll
