#include "cli/progress_line.h"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace plimsoll::cli {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t kBarCells = 24;

std::string bar(std::int64_t done, std::int64_t total) {
  const std::int64_t cells =
      total > 0 ? std::clamp<std::int64_t>(done * kBarCells / total, 0, kBarCells) : 0;
  return fmt::format("[{:#<{}}{:.<{}}]", "", cells, "", kBarCells - cells);
}

}  // namespace

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_ && terminal_) fmt::print(stderr, "\n");
}

void ProgressLine::show(std::int64_t done, std::int64_t total, std::string_view detail) {
  const Clock::time_point now = Clock::now();
  const auto pause = terminal_ ? 100ms : 10'000ms;
  if (quiet_ || now - started_ < 1s || (drawn_ && now - shown_ < pause && done < total)) return;
  drawn_ = true;
  shown_ = now;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - started_).count();
  const std::string line =
      fmt::format("{} {} of {}, {} ({} s)", bar(done, total), done, total, detail, seconds);
  if (terminal_)
    fmt::print(stderr, "\r\x1b[K{}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
}

}  // namespace plimsoll::cli
