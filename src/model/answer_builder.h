#pragma once

#include <utility>

#include "model/answer.h"
#include "model/event.h"

namespace plimsoll {

/// Collects the events of a reply (or its single whole one) into an Answer.
class AnswerBuilder {
 public:
  /// Takes the event's texts over: move what nobody needs afterwards.
  void add(Event event);
  const Answer& answer() const noexcept { return answer_; }
  Answer take() && { return std::move(answer_); }

 private:
  Choice& choice(int index);
  void add_delta(Delta delta);

  Answer answer_;
};

}  // namespace plimsoll
