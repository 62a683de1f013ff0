#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "sim/books.h"
#include "sim/golden.h"
#include "sim/profile.h"
#include "sim/script.h"
#include "sim/tape.h"

namespace plimsoll::sim {

struct SimulatorOptions {
  std::string listen = "127.0.0.1:0";
  std::uint64_t seed = 7;
  Profile profile{};
  GoldenSet golden{};
  Script script{};  // consumed before the profile is asked
  Tape tape{};      // if not empty, answers everything the script left
  std::vector<std::string> models{"small", "large"};  // what GET /v1/models lists
  std::string api_key{};                              // if not empty, others get 401
};

/// A provider that lies on purpose, and says afterwards how often.
///
///   POST /v1/chat/completions   by script, tape or profile (also without /v1)
///   GET  /v1/models             the list of options
///   GET  /sim/stats             stats_json
///   POST /sim/reset             all counts and all "asked before" to zero
///
/// What it decides follows the rule of Occasion; two requests with the same model
/// and prompt that are in flight together share their two fates in either order.
class Simulator {
 public:
  /// Binds and serves on `loops`, which must run and outlive the simulator.
  ///
  /// Errors
  ///   io_failed   the address cannot be listened on
  [[nodiscard]] static Result<std::unique_ptr<Simulator>> start(SimulatorOptions options,
                                                                net::LoopGroup& loops);
  /// The same on loops of its own.
  [[nodiscard]] static Result<std::unique_ptr<Simulator>> start(SimulatorOptions options,
                                                                std::size_t threads = 1);

  /// Stops at once: what is still being answered is cut. Call from outside the loops.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  std::uint16_t port() const;
  std::string base_url() const;  // "http://127.0.0.1:PORT/v1"
  Counts counts() const;
  ConnectionCounts connections() const;
  void reset();

  /// Lets answers end until `limit`, then cuts them. Call from outside the loops.
  void drain(std::chrono::milliseconds limit);

  struct Impl;

 private:
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll::sim
