#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "model/event.h"

namespace plimsoll::stages {

/// Gives the events that were held back first, then what `rest` still has.
class HeldEvents final : public EventSource {
 public:
  HeldEvents(std::deque<Event> held, std::unique_ptr<EventSource> rest)
      : held_(std::move(held)), rest_(std::move(rest)) {}

  Task<Result<std::optional<Event>>> next() override {
    if (!held_.empty()) {
      std::optional<Event> first(std::move(held_.front()));
      held_.pop_front();
      co_return first;
    }
    if (rest_ == nullptr) co_return std::optional<Event>();
    co_return co_await rest_->next();
  }

  bool ready() const noexcept override {
    return !held_.empty() || (rest_ != nullptr && rest_->ready());
  }

 private:
  std::deque<Event> held_;
  std::unique_ptr<EventSource> rest_;
};

}  // namespace plimsoll::stages
