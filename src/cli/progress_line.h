#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace plimsoll::cli {

/// One line on standard error that says how far something long has come. Says
/// nothing in the first second; on a terminal it rewrites itself ten times a
/// second, elsewhere it prints a line every ten seconds. One thread at a time.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();  // ends the line on a terminal
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `detail` follows the bar: "57 passed, 1 failed".
  void show(std::int64_t done, std::int64_t total, std::string_view detail);

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
};

}  // namespace plimsoll::cli
