#pragma once

#include <memory>
#include <optional>

#include "pipeline/stage.h"
#include "ports/random.h"
#include "ports/target_health.h"
#include "ports/timers.h"
#include "stages/internal/targets.h"

namespace plimsoll::stages {

/// What a climb asks of outside. All must outlive it.
struct ClimbPorts {
  ports::Timers& timers;
  ports::Random& random;
  const Targets& targets;
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

  bool is_last_rung() const;
  ports::Timers& timers() const noexcept { return ports_.timers; }

 private:
  /// What the target of a rung said.
  struct Place {
    std::shared_ptr<ports::TargetState> target;
    ports::Admission admission{};
    Deadline now{};
    bool in_time = false;
    bool free() const noexcept { return in_time && admission.admitted(); }
  };

  Place ask() const;
  Task<Result<void>> find_place(Place& place);
  Task<Result<Reply>> attempt();
  Task<Result<void>> go_on_after(Error error);
  Task<Result<void>> back_off();

  /// Which rungs a call may go down to.
  enum class Down : std::uint8_t { any, models, own_answers };
  bool go_down(AfterFailure then, Down to = Down::any);
  bool fall_back(const Error& error);
  const Rung& rung(std::size_t index) const { return call_.feature->ladder[index]; }
  std::size_t models_below() const;
  bool may_try_rung_again() const;
  milliseconds first_token_limit() const;
  Error final_error(Error otherwise) const;
  Error out_of_time() const;
  void note_held(const ports::Admission& admission);

  Call& call_;
  pipeline::Next next_;
  ClimbPorts ports_;
  std::size_t rung_ = 0;
  int retries_ = 0;  // on this rung, after transport failures
  int holds_ = 0;    // times that a target held us back
  std::size_t rung_noted_ = static_cast<std::size_t>(-1);
  ports::Sending sending_ = ports::Sending::first;
  std::chrono::nanoseconds waited_{0};  // since the last attempt
  std::optional<Error> last_failure_;   // of an attempt that was sent
};

}  // namespace plimsoll::stages
