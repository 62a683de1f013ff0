#pragma once

#include <memory>
#include <string>

#include "pipeline/stage.h"
#include "ports/random.h"
#include "ports/timers.h"
#include "ports/trail_sink.h"

namespace plimsoll::stages {

/// A Trail in the making. Opened before anything is known of the call, handed to
/// the sink exactly once, when this dies: so no way out is forgotten. The sink
/// and the timers must outlive it.
class OpenTrail {
 public:
  OpenTrail(ports::TrailSink& sink, const ports::Timers& timers, ports::Random& random);
  ~OpenTrail();
  OpenTrail(const OpenTrail&) = delete;
  OpenTrail& operator=(const OpenTrail&) = delete;

  Trail& operator*() const noexcept { return *trail_; }
  Trail* operator->() const noexcept { return trail_.get(); }
  const std::shared_ptr<Trail>& shared() const noexcept { return trail_; }

 private:
  ports::TrailSink& sink_;
  const ports::Timers& timers_;
  std::shared_ptr<Trail> trail_;
};

/// Writes how the call left the pipeline: the error, or the first and last event.
class Record final : public pipeline::Stage {
 public:
  explicit Record(const ports::Timers& timers) : timers_(timers) {}
  std::string_view name() const noexcept override { return "record"; }
  Task<Result<Reply>> handle(Call& call, pipeline::Next next) const override;

 private:
  const ports::Timers& timers_;
};

/// "c_" and 26 characters of Crockford base 32: 48 bits of milliseconds, 80 of
/// chance; sortable by time (the ULID layout).
std::string new_call_id(WallTime now, ports::Random& random);

}  // namespace plimsoll::stages
