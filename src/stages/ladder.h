#pragma once

#include <chrono>

#include "pipeline/stage.h"
#include "ports/random.h"
#include "ports/timers.h"

namespace plimsoll::stages {

/// Full jitter: a uniform draw from [0, min(max, base * 2^retry)]. `retry`
/// counts from 0. Source: AWS Architecture Blog, "Exponential Backoff And
/// Jitter".
milliseconds backoff(const RetryRules& rules, int retry, std::uint64_t random) noexcept;

/// Owns the attempts of a call: tries rungs in order under one deadline and one
/// attempt budget. Once the first content of a reply is at hand (or, in verified
/// mode, the whole of it) the reply is handed up and nothing is sent again.
///
/// Errors: those of the last attempt; deadline_exceeded; cancelled.
class Ladder final : public pipeline::Stage {
 public:
  Ladder(ports::Timers& timers, ports::Random& random) : timers_(timers), random_(random) {}
  std::string_view name() const noexcept override { return "ladder"; }
  Task<Result<Reply>> handle(Call call, pipeline::Next next) const override;

 private:
  struct Progress;

  Task<Result<Reply>> attempt(const Call& call, const Progress& progress,
                              const pipeline::Next& next) const;
  Task<Result<void>> prepare_next(const Call& call, Progress& progress, const Error& error) const;

  ports::Timers& timers_;
  ports::Random& random_;
};

}  // namespace plimsoll::stages
