#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "model/event.h"

namespace plimsoll::stages {

/// Gives the events that were held back first, then what `rest` still has.
class HeldEvents final : public EventSource {
 public:
  HeldEvents(std::vector<Event> held, std::unique_ptr<EventSource> rest)
      : held_(std::move(held)), rest_(std::move(rest)) {}

  Task<Result<std::optional<Event>>> next() override {
    if (given_ < held_.size()) return given(std::move(held_[given_++]));
    if (rest_ == nullptr) return given(std::nullopt);
    return rest_->next();
  }

  bool ready() const noexcept override {
    return given_ < held_.size() || (rest_ != nullptr && rest_->ready());
  }

 private:
  static Task<Result<std::optional<Event>>> given(std::optional<Event> event) { co_return event; }

  std::vector<Event> held_;
  std::size_t given_ = 0;
  std::unique_ptr<EventSource> rest_;
};

}  // namespace plimsoll::stages
