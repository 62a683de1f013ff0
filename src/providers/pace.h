#pragma once

#include <cstddef>

#include "base/time.h"
#include "model/event.h"

namespace plimsoll::providers {

using std::chrono::milliseconds;

/// Whether the content of a stream keeps up with a least rate: a bucket that
/// every character fills by 1/rate seconds, up to `slack`, and time empties. A
/// pause of `slack` is allowed to a stream that kept up before it; a trickle is
/// not. Pure; one stream.
class Pace {
 public:
  /// `chars_per_second` 0: no least rate.
  Pace(int chars_per_second, milliseconds slack) noexcept
      : rate_(chars_per_second), slack_(slack) {}

  /// Content of `chars` bytes has come. The first one starts the clock.
  void add(std::size_t chars, Deadline now) noexcept;

  /// When the stream has fallen behind, if nothing more comes.
  Deadline due() const noexcept { return due_; }

 private:
  int rate_;
  milliseconds slack_;
  Deadline due_ = kNoDeadline;
};

/// The bytes of content an event brings: of texts, thoughts and arguments; of the
/// event itself where nobody looked into it.
std::size_t content_bytes(const Event& event) noexcept;

}  // namespace plimsoll::providers
