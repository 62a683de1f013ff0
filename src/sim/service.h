#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "net/http_server.h"
#include "sim/books.h"
#include "sim/performance.h"
#include "sim/simulator.h"

namespace plimsoll::sim {

/// The simulator's request handler. Thread-safe: everything but the books and a
/// counter is immutable.
class Service final : public net::Handler {
 public:
  static constexpr std::size_t kBodyBytesMax = 32 * 1024 * 1024;

  explicit Service(SimulatorOptions options) : options_(std::move(options)) {}

  Task<void> handle(net::Exchange& exchange) override;
  std::string error_body(const Error& error) override;

  Books& books() noexcept { return books_; }
  const SimulatorOptions& options() const noexcept { return options_; }
  /// Where /sim/stats asks for the server's connections. Set before serving.
  void watch_connections(std::function<ConnectionCounts()> watch) { watch_ = std::move(watch); }
  void reset();

 private:
  struct Asked;
  Task<void> answer_control(net::Exchange& exchange);
  Task<void> answer_provider(net::Exchange& exchange);
  Performance choose(const net::RequestHead& head, const std::string& body);
  Performance by_profile(const net::RequestHead& head, const std::string& body);
  Performance chat(const std::string& body);
  Performance models_list() const;
  Performance refuse(int status, std::string_view message, std::string_view code);

  SimulatorOptions options_;
  Books books_;
  std::function<ConnectionCounts()> watch_;
  std::atomic<std::uint64_t> turn_{0};  // of the script and the tape
};

/// Plays `performance` on `exchange`; says who ended it before its end, if
/// anybody did. `performance` must live until the task has been awaited.
[[nodiscard]] Task<ClosedBy> play(net::Exchange& exchange, const Performance& performance);

}  // namespace plimsoll::sim
