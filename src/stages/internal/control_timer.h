#pragma once

#include <string_view>

#include "model/trail.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Times one control and writes it into the Trail: proof that it ran.
class ControlTimer {
 public:
  ControlTimer(const ports::Timers& timers, std::string_view control)
      : timers_(timers), control_(control), began_(timers.now()) {}

  void passed(Trail& trail, int attempt = -1, std::string_view note = {}) const {
    write(trail, attempt, true, note);
  }
  void refused(Trail& trail, int attempt = -1, std::string_view note = {}) const {
    write(trail, attempt, false, note);
  }

 private:
  void write(Trail& trail, int attempt, bool passed, std::string_view note) const {
    trail.controls.push_back({.control = control_,
                              .attempt = attempt,
                              .passed = passed,
                              .note = note,
                              .took = timers_.now() - began_});
  }

  const ports::Timers& timers_;
  std::string_view control_;
  Deadline began_;
};

}  // namespace plimsoll::stages
