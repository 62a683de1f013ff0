#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sim/ask.h"
#include "sim/decide.h"

namespace plimsoll::sim {

/// Who ended an exchange before its answer was complete.
enum class ClosedBy : std::uint8_t { nobody, peer, us };

/// One exchange that did not come to its end.
struct EarlyClose {
  std::uint64_t request = 0;  // the k-th since the start or the last reset, from 0
  ClosedBy by = ClosedBy::nobody;
  std::chrono::microseconds after{};  // since the request's head was read
  std::uint64_t body_bytes = 0;       // sent before the close
};

/// What the simulator did, counted. A decision is counted when it is made, so
/// `fates` says what was meant; `completed` says what was sent to its end.
struct Counts {
  std::uint64_t requests = 0;                             // everything but /sim/*
  std::uint64_t chats = 0;                                // answered by the profile
  std::uint64_t scripted = 0, replayed = 0, refused = 0;  // refused: our own 4xx
  std::uint64_t in_flight = 0, completed = 0;
  std::uint64_t closed_by_peer = 0, closed_by_us = 0;
  std::uint64_t request_bytes = 0, response_bytes = 0;     // bodies
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;  // of answers begun
  std::map<std::string, std::uint64_t> by_model, fates, answers, flaws;
  std::deque<EarlyClose> recent_closes;  // the last kRecentMax
};

/// Thread-safe; a call holds the lock for a few counters.
class Books {
 public:
  static constexpr std::size_t kRecentMax = 100;
  static constexpr std::size_t kModelsMax = 1000;        // further ones count as "(other)"
  static constexpr std::size_t kPromptsMax = 1'000'000;  // further ones are always the first time

  /// A request has come; returns its number.
  std::uint64_t opened();
  void read_request(std::size_t body_bytes);
  /// How often this model was asked this prompt before.
  std::uint64_t asked_before(std::string_view model, std::string_view prompt);
  void decided(const Ask& ask, const Decision& decision);
  void scripted();
  void replayed();
  void refused();
  /// `nobody`: the answer came to its end.
  void closed(const EarlyClose& close);

  Counts counts() const;
  void reset();

 private:
  mutable std::mutex mutex_;
  Counts counts_;
  std::unordered_map<std::uint64_t, std::uint64_t> asked_;
};

struct ConnectionCounts {
  std::uint64_t open = 0, accepted = 0;
};

/// The answer of GET /sim/stats.
std::string stats_json(const Counts& counts, const ConnectionCounts& connections);

}  // namespace plimsoll::sim
