#pragma once

#include <utility>

#include "model/answer.h"
#include "model/event.h"

namespace plimsoll {

/// Collects the events of a reply (or its single whole one) into an Answer.
class AnswerBuilder {
 public:
  void add(const Event& event);
  const Answer& answer() const noexcept { return answer_; }
  Answer take() && { return std::move(answer_); }

 private:
  Choice& choice(int index);
  void add_delta(const Delta& delta);

  Answer answer_;
};

}  // namespace plimsoll
