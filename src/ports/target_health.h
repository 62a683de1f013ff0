#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/failure_rules.h"
#include "model/plan.h"

namespace plimsoll::ports {

/// What a target is called, in every plan: one model of one account. `key` is a
/// fingerprint of the credential, never the credential.
struct TargetName {
  std::string provider, key, model;
};

/// Whether an attempt may start at a target.
struct Admission {
  enum class Answer : std::uint8_t {
    go,
    probe,    // go, alone: how this one ends decides whether others may
    cooling,  // the target named a wait that is not over
    resting,  // the target failed too often; its breaker is open
  };
  Answer answer = Answer::go;
  Deadline until{};                                // cooling, resting: ask again then
  ErrorKind why = ErrorKind::upstream_overloaded;  // cooling, resting: what led there
  int refusals = 0;        // cooling: rate limits in a row, without an answer between them
  std::uint64_t term = 0;  // of the breaker; what ends in a later term is not counted
  Deadline asked{};        // when it was admitted
  bool timed = false;      // its first content has come

  bool admitted() const noexcept { return answer == Answer::go || answer == Answer::probe; }
};

/// Whether an attempt is traffic, or another one at the same target after a
/// failure of the transport.
enum class Sending : std::uint8_t { first, again };

/// How an answer comes; each has a speed of its own.
enum class AnswerShape : std::uint8_t { whole, streamed };

/// How busy a target is, and how quick.
struct TargetLoad {
  int in_flight = 0;                    // attempts that were admitted and have not ended
  std::chrono::nanoseconds latency{0};  // to the first content, of late; 0: not known
};

/// What a process knows of one target: its cooldown, its breaker, its budget of
/// re-sends, its load and speed. Shared by all calls and plans.
///
/// Thread-safe; each function holds a lock for less than a microsecond and never
/// waits. Times are of the monotonic clock, so a stepped wall clock moves nothing.
class TargetState {
 public:
  virtual ~TargetState() = default;

  /// Asks for leave to start one attempt. What is admitted is given back through
  /// `ended` exactly once; a Permit sees to it.
  virtual Admission ask(Sending sending, Deadline now) noexcept = 0;

  /// The first content of an admitted attempt has come. A probe has then done
  /// its work; `admission` becomes that of an ordinary attempt.
  virtual void answered(Admission& admission, AnswerShape shape, Deadline now) noexcept = 0;

  /// An admitted attempt is over.
  virtual void ended(const Admission& admission, BreakerCount count, ErrorKind why,
                     Deadline now) noexcept = 0;

  /// Holds all attempts back for `wait`, or, when the target named none, for one
  /// that doubles with every refusal in a row. A cooldown never gets shorter.
  virtual void cool(std::optional<milliseconds> wait, ErrorKind why, Deadline now) noexcept = 0;

  /// Takes one re-send out of the budget; false when it is used up.
  virtual bool take_resend(Deadline now) noexcept = 0;

  /// Takes one second attempt beside a slow one out of the budget, which is `share`
  /// of the traffic; false when it is used up.
  virtual bool take_hedge(double share, Deadline now) noexcept = 0;

  virtual TargetLoad load(Deadline now) const noexcept = 0;

  /// The 95th percentile of the time to first content of the last answers of
  /// this shape; absent while too few are known.
  virtual std::optional<std::chrono::nanoseconds> slow(AnswerShape shape) const noexcept = 0;
};

/// What a scrape shows of one target.
struct TargetView {
  TargetName name;
  enum class Breaker : std::uint8_t { closed, half_open, open } breaker = Breaker::closed;
  bool cooling = false;
  std::uint64_t trips = 0, cooldowns = 0, held = 0, resends = 0, resends_refused = 0;
  std::uint64_t in_flight = 0, hedges = 0;
};

/// The states of all targets of a process, by name. Thread-safe.
class TargetHealth {
 public:
  virtual ~TargetHealth() = default;

  /// The state of `name`, made when it is not known. `rules` count from now on,
  /// for whoever holds the state already too.
  [[nodiscard]] virtual std::shared_ptr<TargetState> of(const TargetName& name,
                                                        const TargetRules& rules) = 0;

  /// All that are known, in no order.
  virtual std::vector<TargetView> views(Deadline now) const = 0;
};

/// Leave to run one attempt. Tells its end once; an attempt that is dropped
/// without an end says nothing about the target.
class Permit {
 public:
  Permit() = default;
  Permit(std::shared_ptr<TargetState> target, Admission admission)
      : target_(std::move(target)), admission_(admission) {}
  Permit(Permit&& other) noexcept
      : target_(std::exchange(other.target_, nullptr)), admission_(other.admission_) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(admission_, other.admission_);
    return *this;
  }
  ~Permit() { end(BreakerCount::neutral, ErrorKind::cancelled, Deadline{}); }

  void answered(AnswerShape shape, Deadline now) noexcept {
    if (target_) target_->answered(admission_, shape, now);
  }
  void succeeded(Deadline now) noexcept { end(BreakerCount::success, {}, now); }
  void failed(ErrorKind kind, Deadline now) noexcept { end(rule_for(kind).breaker, kind, now); }

 private:
  void end(BreakerCount count, ErrorKind why, Deadline now) noexcept {
    if (const auto target = std::exchange(target_, nullptr))
      target->ended(admission_, count, why, now);
  }

  std::shared_ptr<TargetState> target_;
  Admission admission_;
};

}  // namespace plimsoll::ports
