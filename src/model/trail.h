#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/money.h"
#include "base/time.h"
#include "model/plan.h"
#include "model/usage.h"
#include "model/verdict.h"

namespace plimsoll {

using std::chrono::nanoseconds;

/// A control that ran on this call. Proof of enforcement: what is not here did
/// not run.
struct ControlRun {
  std::string_view control;  // a literal: "admit", "check_reply", ...
  int attempt = -1;          // index into attempts; -1: the call as a whole
  bool passed = true;
  std::string_view note{};  // a literal: "pass mode", "no contract", ...
  nanoseconds took{0};
};

/// One try against one upstream. Offsets count from the start of the call;
/// negative means it never happened.
struct AttemptTrail {
  int rung = 0;
  std::string provider, model;  // model as the provider calls it
  nanoseconds started{-1}, first_byte{-1}, first_content{-1}, ended{-1};
  nanoseconds waited_before{0};  // back-off before this try
  int status = 0;                // HTTP status; 0: none came
  std::optional<ErrorKind> error;
  std::string error_text;  // scrubbed of secrets
  /// Fields of the request that could not be carried over into the upstream's
  /// dialect, with commas; "" when it speaks the client's.
  std::string dropped;
  std::string repaired;  // what was mended in the answer, with commas; "": nothing
  Verdict verdict;       // of check_reply
  bool verdict_known = false;
  std::optional<Usage> usage;    // as reported by the upstream
  bool usage_estimated = false;  // no report came: an upper estimate was booked
  std::optional<Money> cost;     // absent: price unknown
  Money reserved;
  std::int64_t lease = -1;   // of money, until this row is in the ledger; -1: none
  bool presumed = false;     // the process died meanwhile: `cost` is the worst case
  double probability = 1.0;  // of a randomised choice that led here
};

/// The record of one client request: append-only while the call runs, handed to
/// the sinks once, when the last byte has left or the call has failed.
struct Trail {
  std::string call_id;   // "c_" and 26 characters, sortable by time
  std::string trace_id;  // 32 hex digits: the client's, else ours
  WallTime started_wall{};
  Deadline started{};  // monotonic
  std::string tenant, key_id, client_address;
  std::string endpoint;  // "/v1/chat/completions"
  std::string feature;   // "" when a model was named directly
  std::string model_asked;
  std::string policy_version;
  std::string request_hash;  // 32 hex digits over the body
  std::size_t request_bytes = 0;
  bool streamed = false;
  StreamMode mode = StreamMode::pass;
  int client_retry = 0;               // x-stainless-retry-count
  std::string_view cache = "off";     // hit, miss, off
  std::optional<LimitLevels> limits;  // what they left at admission; absent: none applied
  std::string_view fallback;          // a rung without a model answered: "static"; else ""
  std::vector<ControlRun> controls;
  Deadline control_ended{};  // the last of them, or where the next one begins
  std::vector<AttemptTrail> attempts;
  std::optional<ErrorKind> error;  // absent: answered
  std::string error_text;
  int http_status = 0;
  std::uint64_t bytes_released = 0;
  nanoseconds first_byte{-1}, duration{0};  // as the client saw them
  std::string request_text, answer_text;    // only when the feature stores text

  /// The attempt whose answer the client got: the last one without an error, for of
  /// two at the same time the later one may have lost; else the last. There is one.
  const AttemptTrail& answered_by() const noexcept;

  /// Sums over all attempts, thrown-away ones included. Cost is absent when the
  /// price of any attempt that reached an upstream is unknown.
  Usage usage_total() const noexcept;
  std::optional<Money> cost_total() const noexcept;
};

}  // namespace plimsoll
