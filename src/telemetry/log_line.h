#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "ports/trail_sink.h"

namespace plimsoll::telemetry {

/// Appends the trail as one line of JSON, line end included: what happened, to
/// whom, how long, what it cost. No prompt, answer, key or error text. An
/// unknown cost or time is left out.
void append_log_line(std::string& out, const Trail& trail);

struct LogLineRules {
  std::string path = "-";          // "-": stdout; "stderr"; else a file, appended to
  std::size_t queue_max = 65'536;  // lines waiting; beyond it lines are dropped and counted
  std::chrono::milliseconds interval{100};
  std::chrono::milliseconds patience{1'000};  // with a side that takes nothing, per try
};

/// One JSON line per request, written by a thread of its own: a terminal, pipe or
/// disk that does not take them costs lines, never a request. Thread-safe.
class LogLines final : public ports::TrailSink {
 public:
  /// Errors
  ///   io_failed   the file cannot be opened
  [[nodiscard]] static Result<std::unique_ptr<LogLines>> open(LogLineRules rules);

  /// Writes what the other side takes within `patience`, then closes the file.
  ~LogLines() override;

  void take(const std::shared_ptr<const Trail>& trail) noexcept override;

  /// Waits until all lines taken before are out, or the other side has taken
  /// nothing for `patience`; says which. Never on a loop.
  bool flush();

  std::uint64_t dropped() const noexcept;

 private:
  struct State;
  explicit LogLines(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plimsoll::telemetry
