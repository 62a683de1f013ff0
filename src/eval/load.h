#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "eval/dataset.h"
#include "eval/load_schedule.h"
#include "eval/load_tally.h"
#include "net/http_client.h"

namespace plimsoll::eval {

/// What a request of a load run asks. The k-th request takes the k-th, round
/// and round.
struct LoadQuestion {
  std::string body;
  bool stream = false;
  std::vector<Check> checks{};  // of a golden case; all must pass for `correct`
};

struct LoadOptions {
  net::Origin origin;
  std::string target = "/chat/completions";
  Secret key;                           // sent as a bearer token when not empty
  std::vector<LoadQuestion> questions;  // at least one
  std::vector<std::chrono::nanoseconds> plan;
  std::chrono::nanoseconds timeout{std::chrono::seconds(60)};  // from the planned time
  std::size_t in_flight_max = 10'000;  // over all threads; more count as not_sent
  std::size_t threads = 1;
};

/// Counters of a run in progress.
struct LoadProgress {
  std::uint64_t planned = 0, sent = 0, ok = 0, failed = 0, in_flight = 0;
};

/// One open-loop run. Every request leaves at its planned time or is counted as
/// late by the difference; a slow server never slows the plan down.
class LoadRun {
 public:
  explicit LoadRun(LoadOptions options);
  /// Stops and waits.
  ~LoadRun();

  /// Starts the threads; returns at once.
  void start();
  /// Waits at most `limit`; true when the run has ended.
  bool wait(std::chrono::milliseconds limit);
  /// Sends nothing more and gives up what is in flight. Thread-safe.
  void stop();
  LoadProgress progress() const;
  /// What was measured. Only after wait() gave true.
  LoadTally tally() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::eval
