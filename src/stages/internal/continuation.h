#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/event.h"

namespace plimsoll::stages {

/// What a client has already got of a stream, so that another answer may go on
/// where the first one broke: of a restart only what extends the text already
/// sent, byte for byte, is let through. Pure; one stream at a time.
class Continuation {
 public:
  /// More text than this is not kept; a stream that is longer is not resumed.
  static constexpr std::size_t kKeptBytesMax = 4 * 1024 * 1024;

  /// From here on `take` compares with what was sent before. False when that is
  /// not known any more, or the answer was already finished.
  bool restart();

  /// True from `restart` until all that was sent has been said again.
  bool catching_up() const noexcept { return restarted_; }

  /// What of `event` may be released: all of it, the part that is new, or nothing
  /// when all of it was sent before. Notes what it gives.
  ///
  /// Errors
  ///   upstream_cut   the text differs from what was sent before
  [[nodiscard]] Result<std::optional<Event>> take(Event event);

 private:
  /// One text that grows: of a choice, of a kind, of a tool call.
  struct Strand {
    int choice = 0;
    Delta::Kind kind = Delta::Kind::text;
    int tool = 0;
    std::string sent{};
    std::size_t matched = 0;  // of `sent`, since the restart
    bool caught_up() const noexcept { return matched == sent.size(); }
  };

  Strand& strand_of(const Delta& delta);
  bool caught_up(int choice) const noexcept;
  bool caught_up() const noexcept;
  void note(const Event& event);
  std::optional<Delta> new_part(const Delta& delta, bool& differs);

  std::vector<Strand> strands_;
  std::size_t kept_bytes_ = 0;
  bool finished_ = false, too_long_ = false, restarted_ = false;
};

}  // namespace plimsoll::stages
