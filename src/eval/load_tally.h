#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/load_reading.h"
#include "objectives/histogram.h"

namespace plimsoll::eval {

/// What one request of a load run did. Offsets from the start of the run.
struct LoadSample {
  std::chrono::nanoseconds planned{}, sent{}, ended{};
  std::optional<std::chrono::nanoseconds> first_content;
  LoadOutcome outcome = LoadOutcome::ok;
  int status = 0;
  std::int64_t completion_tokens = 0;
  std::optional<bool> correct;  // of golden cases
  bool without_done = false;    // a stream that finished, and forgot [DONE]
};

/// Everything a load run measured. Not thread-safe: one per loop, then merge.
/// Latencies are those of `ok` answers; failures are counted beside them.
struct LoadTally {
  std::array<std::uint64_t, kLoadOutcomes> outcomes{};
  std::map<int, std::uint64_t> statuses;
  objectives::Histogram from_planned, from_sent;  // ns, to the end of the answer
  objectives::Histogram first_content;            // ns from the planned time; streams only
  objectives::Histogram gaps;                     // ns between content events
  objectives::Histogram lateness;                 // ns, sent after planned; all that were sent
  std::uint64_t correct = 0, incorrect = 0, without_done = 0;
  std::int64_t completion_tokens = 0;
  std::chrono::nanoseconds last_end{};

  void add(const LoadSample& sample);
  void add_gaps(const std::vector<Deadline>& content_at);
  void merge(const LoadTally& other);

  std::uint64_t count(LoadOutcome outcome) const noexcept {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
  std::uint64_t total() const noexcept;   // planned so far, those never sent included
  std::uint64_t failed() const noexcept;  // neither ok nor stopped
};

/// The generator was late when the 99th percentile of its lateness is over this:
/// then the tail shows the generator, not the server.
inline constexpr std::chrono::milliseconds kLatenessMax{10};
bool generator_was_late(const LoadTally& tally) noexcept;

/// What the user asked to be judged.
struct LoadLimits {
  std::optional<std::chrono::nanoseconds> p50, p95, p99, first_content_p95;
  std::optional<double> failures;  // share of all
};

struct LoadVerdict {
  enum class Result : std::uint8_t { pass, fail, none };
  std::string name;  // "p95"
  Result result = Result::none;
  std::string reason;  // the fact with its numbers
};

/// Judges from the planned time. A failed or unsent request counts as over every
/// latency limit. No verdict (`none`) on fewer requests than the quantile can be
/// read from, nor on p99 when the generator was late.
std::vector<LoadVerdict> judge_load(const LoadTally& tally, const LoadLimits& limits);

}  // namespace plimsoll::eval
