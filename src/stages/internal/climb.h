#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/failure_rules.h"
#include "pipeline/stage.h"
#include "ports/random.h"
#include "ports/target_health.h"
#include "ports/timers.h"
#include "stages/internal/correction.h"
#include "stages/internal/legs.h"
#include "stages/internal/targets.h"

namespace plimsoll::stages {

/// What a climb asks of outside. All must outlive it.
struct ClimbPorts {
  ports::Timers& timers;
  ports::Random& random;
  const Targets& targets;
  const Corrections& corrections;
};

/// A reply whose first content is at hand, and the leave it was made under.
struct Reached {
  Reply reply;
  ports::Permit permit;
};

/// One call on its way over its ladder: where it stands, what it has waited for,
/// what failed last. One loop.
class Climb {
 public:
  /// `call` must outlive the climb; each attempt writes its own fields into it.
  Climb(Call& call, pipeline::Next next, ClimbPorts ports);

  /// Makes attempts until one brings a reply: a whole answer, a verified stream,
  /// or the first content of a stream.
  ///
  /// Errors: those of the last attempt; upstream_resting or the kind of a
  /// cooldown, when no target could be asked; deadline_exceeded; cancelled.
  Task<Result<Reached>> reach();

  /// Goes on at another target after a reply that broke past its first released
  /// byte.
  ///
  /// Errors: as `reach`; `error` itself when there is no other target.
  Task<Result<Reached>> rescue(Error error);

  /// True when there is no other place to go to.
  bool is_last_place() const;
  ports::Timers& timers() const noexcept { return ports_.timers; }

 private:
  /// What the target of a rung said.
  struct Place {
    const Candidate* candidate = nullptr;  // null: an answer of our own
    ports::Admission admission{};
    Deadline now{};
    bool in_time = false;
    bool free() const noexcept { return in_time && admission.admitted(); }
  };

  bool stand_on(std::size_t rung);
  Place ask();
  Task<Result<void>> find_place(Place& place);
  Task<Result<Reply>> attempt(ports::Permit& permit);
  void open_attempt(Call& call, std::size_t place);
  Task<Result<Reply>> run(Call& call) const;
  Task<Result<void>> go_on_after(Error error);
  Task<Result<void>> back_off();

  /// How one of the attempts that run at the same time ended, or that the time for
  /// a second one has come.
  struct Turn {
    Leg* leg = nullptr;  // null: the time
    Result<Reply> reply;
  };
  std::optional<std::chrono::nanoseconds> hedge_after() const;
  Task<Result<Reply>> hedged(ports::Permit& permit, Deadline at);
  Task<Turn> run_leg(Leg& leg) const;
  Task<Turn> alarm(Deadline at, CancelToken cancel) const;
  std::unique_ptr<Leg> second_leg(std::size_t first);
  std::unique_ptr<Leg> second_leg_at(std::size_t place, std::size_t first);
  void leg_failed(Leg& leg, const Error& error);
  void cool(std::size_t place, const Error& error);

  /// Which rungs a call may go down to.
  enum class Down : std::uint8_t { any, models, own_answers };
  bool go_down(Down to = Down::any);
  bool go_aside(const FailureRule& rule);
  void leave_place(std::size_t place, const FailureRule& rule);
  bool may_do_better(std::size_t next) const;
  std::int64_t output_limit(std::size_t index) const;
  void tighten(Call& call, std::size_t place);
  bool fall_back(const Error& error);
  const Rung& rung(std::size_t index) const { return call_.feature->ladder[index]; }
  std::size_t models_below() const;
  bool may_try_rung_again() const;
  bool is_silence_final(std::size_t place) const;
  milliseconds first_token_limit(std::size_t place) const;
  CandidateSet of_provider(std::size_t place) const;
  ports::AnswerShape shape() const;
  Error final_error(Error otherwise) const;
  Error out_of_time() const;
  void note_held(const ports::Admission& admission);

  Call& call_;
  pipeline::Next next_;
  ClimbPorts ports_;
  std::size_t rung_ = 0;
  Targets::Places made_;               // where places_ may lie
  std::span<const Candidate> places_;  // of rung_; empty when it asks no model
  CandidateSet usable_ = 0;            // of them, those whose account was not left
  CandidateSet untried_ = 0;           // of the usable ones, those that have not failed
  std::size_t here_ = 0;               // of them, the one that was asked last
  std::vector<std::size_t> left_;      // accounts that can serve no model: Plan::providers
  int retries_ = 0;                    // on this rung, after transport failures
  int corrections_ = 0;                // asked for on this rung
  int holds_ = 0;                      // times that a target held us back
  std::size_t rung_noted_ = static_cast<std::size_t>(-1);
  ports::Sending sending_ = ports::Sending::first;
  std::chrono::nanoseconds waited_{0};  // since the last attempt
  std::optional<Error> last_failure_;   // of an attempt that was sent
};

}  // namespace plimsoll::stages
