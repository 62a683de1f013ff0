#pragma once

#include <memory>
#include <vector>

#include "app/reply_writer.h"
#include "app/serving.h"
#include "net/http_server.h"
#include "ports/keys.h"
#include "ports/trail_sink.h"
#include "tokens/calibration.h"

namespace plimsoll::app {

/// The current Serving of each loop. A reload posts a new one to every loop; a
/// call takes its own reference once and keeps it.
class ServingSlots {
 public:
  explicit ServingSlots(std::size_t loops) : slots_(loops) {}

  /// Before the loops run, or from each loop for itself.
  void set(std::size_t loop, std::shared_ptr<const Serving> serving) {
    slots_[loop] = std::move(serving);
  }
  /// On a loop.
  const std::shared_ptr<const Serving>& here() const noexcept;

 private:
  std::vector<std::shared_ptr<const Serving>> slots_;
};

/// The front door: takes the Plan, decodes, runs the pipeline, writes the reply.
class Ingress final : public net::Handler {
 public:
  struct Ports {
    ports::TrailSink& sink;
    ports::Timers& timers;
    ports::Random& random;
    tokens::Calibration& calibration;
    const ports::Keys& keys;
  };

  Ingress(const ServingSlots& slots, Ports ports) : slots_(slots), ports_(ports) {}

  Task<void> handle(net::Exchange& exchange) override;
  std::string error_body(const Error& error) override;

 private:
  Task<void> serve(net::Exchange& exchange);
  Task<void> serve_call(net::Exchange& exchange, Dialect dialect);
  static Task<void> run(const Serving& serving, Call& call, Outlet outlet);
  Result<void> check_key(const net::Exchange& exchange, const Plan& plan) const;
  Task<void> serve_models(net::Exchange& exchange);
  Task<void> count_tokens(net::Exchange& exchange);
  enum class Counted : std::uint8_t { exactly, estimated };
  Task<void> answer(net::Exchange& exchange, const std::string& body, Counted counted);
  Task<void> refuse(net::Exchange& exchange, Error error);

  const ServingSlots& slots_;
  Ports ports_;
};

}  // namespace plimsoll::app
