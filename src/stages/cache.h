#pragma once

#include <memory>
#include <vector>

#include "checks/reply_checks.h"
#include "pipeline/stage.h"
#include "ports/answer_cache.h"
#include "ports/flights.h"
#include "ports/timers.h"
#include "stages/internal/cache_key.h"

namespace plimsoll::stages {

/// Answers a request from one that was asked before, and lets requests that are in
/// progress at the same time share one answer. Stands above the ladder, so that what
/// it keeps has passed everything below; it judges once more before it keeps, and
/// again before it gives a kept answer, by the checks of this plan.
///
/// A call that joined another waits for that one's whole answer. Where that failed it
/// goes on alone; where that one's client left, one of those who waited leads next.
///
/// Errors: those of below.
class Cache final : public pipeline::Stage {
 public:
  struct Ports {
    ports::AnswerCache& answers;
    ports::Flights& flights;
    ports::Timers& timers;
  };

  /// Errors
  ///   config_invalid   a pattern or schema of `plan` does not compile
  [[nodiscard]] static Result<std::unique_ptr<Cache>> compile(const Plan& plan, Ports ports);

  std::string_view name() const noexcept override { return "cache"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  Cache(Ports ports, CacheKeys keys, std::vector<checks::ReplyChecks> checks)
      : ports_(ports), keys_(std::move(keys)), checks_(std::move(checks)) {}

  struct Keeping;

  Task<Result<Reply>> look_up(Call& call, pipeline::Next next) const;
  Task<Result<Reply>> join(Call& call, pipeline::Next next, ports::CacheKey key) const;
  Task<Result<Reply>> lead(Call& call, pipeline::Next next, ports::CacheKey key,
                           ports::Lead lead) const;
  Task<ports::Flight::State> wait_for(const Call& call, const ports::Flight& flight) const;
  std::shared_ptr<const ports::KeptAnswer> kept(const Call& call, const ports::CacheKey& key) const;
  bool passes(const Call& call, const Answer& answer) const;

  Ports ports_;
  CacheKeys keys_;
  std::vector<checks::ReplyChecks> checks_;  // by feature
};

}  // namespace plimsoll::stages
