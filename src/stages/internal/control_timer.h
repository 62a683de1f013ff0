#pragma once

#include <string_view>

#include "model/trail.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Times one control and writes it into the Trail: proof that it ran.
class ControlTimer {
 public:
  /// For a control that begins now: after a wait.
  ControlTimer(const ports::Timers& timers, std::string_view control)
      : timers_(timers), control_(control), began_(timers.now()) {}
  /// For one that begins where the control before it ended: without a look at
  /// the clock, which costs as much as a short control.
  ControlTimer(const ports::Timers& timers, std::string_view control, const Trail& trail)
      : timers_(timers), control_(control), began_(trail.control_ended) {}

  void passed(Trail& trail, int attempt = -1, std::string_view note = {}) const {
    write(trail, attempt, true, note);
  }
  void refused(Trail& trail, int attempt = -1, std::string_view note = {}) const {
    write(trail, attempt, false, note);
  }

 private:
  void write(Trail& trail, int attempt, bool passed, std::string_view note) const {
    trail.control_ended = timers_.now();
    trail.controls.push_back({.control = control_,
                              .attempt = attempt,
                              .passed = passed,
                              .note = note,
                              .took = trail.control_ended - began_});
  }

  const ports::Timers& timers_;
  std::string_view control_;
  Deadline began_;
};

}  // namespace plimsoll::stages
