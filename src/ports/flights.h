#pragma once

#include <memory>
#include <string>
#include <utility>

#include "model/answer.h"

namespace plimsoll::ports {

/// A request in progress that others with the same key wait for.
///
/// Thread-safe. Who was told that it leads ends it exactly once: with the answer
/// that passed every check, or without one. Dropping a Lead ends it without.
class Flight {
 public:
  enum class State : std::uint8_t {
    under_way,
    answered,
    failed,  // the leader got no answer that could be shared
    left,    // the leader's client left; somebody else may lead
  };
  virtual ~Flight() = default;
  virtual State state() const noexcept = 0;
  /// Null unless answered.
  virtual std::shared_ptr<const Answer> answer() const noexcept = 0;

 protected:
  friend class Lead;
  virtual void end(State state, std::shared_ptr<const Answer> answer) noexcept = 0;
};

/// The duty of the one who leads a flight; empty for all others.
class Lead {
 public:
  Lead() = default;
  explicit Lead(std::shared_ptr<Flight> flight) : flight_(std::move(flight)) {}
  Lead(Lead&&) noexcept = default;
  Lead& operator=(Lead&& other) noexcept {
    std::swap(flight_, other.flight_);
    return *this;
  }
  ~Lead() { end(Flight::State::left, nullptr); }

  void answered(std::shared_ptr<const Answer> answer) noexcept {
    end(Flight::State::answered, std::move(answer));
  }
  void failed() noexcept { end(Flight::State::failed, nullptr); }
  explicit operator bool() const noexcept { return flight_ != nullptr; }

 private:
  void end(Flight::State state, std::shared_ptr<const Answer> answer) noexcept {
    if (const auto flight = std::exchange(flight_, nullptr)) flight->end(state, std::move(answer));
  }
  std::shared_ptr<Flight> flight_;
};

struct Boarding {
  Lead lead;                       // non-empty: this call leads
  std::shared_ptr<Flight> flight;  // else: the flight to wait for
};

/// The requests in progress of a process, by key. Thread-safe; a lock is held for
/// less than a microsecond.
class Flights {
 public:
  virtual ~Flights() = default;
  /// Begins the flight of `key`, or joins the one that is under way.
  [[nodiscard]] virtual Boarding board(const std::string& key) = 0;
};

}  // namespace plimsoll::ports
