#pragma once

#include <memory>

#include "dialects/codec.h"
#include "model/call.h"
#include "model/event.h"
#include "net/http_client.h"
#include "ports/timers.h"
#include "providers/own_key.h"
#include "providers/pace.h"

namespace plimsoll::providers {

/// The events of a streamed answer, read as they are pulled. Keeps the first
/// token and the idle limit of the feature and its least rate: only content moves
/// them, comments and pings do not. An answer that is complete is one, however its connection
/// ends after that.
class StreamEvents final : public EventSource {
 public:
  StreamEvents(std::unique_ptr<net::ClientResponse> response,
               std::unique_ptr<dialects::EventDecoder> decoder, const Call& call,
               const ports::Timers& timers);

  /// Errors: upstream_cut, upstream_malformed, upstream_timeout_first_token,
  /// upstream_timeout_idle, deadline_exceeded, cancelled, and what the upstream
  /// says in-band.
  Task<Result<std::optional<Event>>> next() override;

 private:
  Task<Result<void>> read_more();
  Error timed_out() const;

  std::unique_ptr<net::ClientResponse> response_;
  const ports::Timers& timers_;
  std::shared_ptr<const Plan> plan_;  // keeps the secret below alive
  const Provider& provider_;
  std::shared_ptr<const Secret> clients_;  // may be null
  KeyOf key_;
  std::unique_ptr<dialects::EventDecoder> decoder_;
  milliseconds first_token_;
  milliseconds idle_;
  Pace pace_;
  Deadline call_deadline_;
  Deadline content_due_;
  bool content_seen_ = false;
  bool may_be_over() const;

  std::size_t choices_;       // asked for
  std::size_t finishes_ = 0;  // finish reasons that have come
  bool end_mark_ = false;
  bool input_ended_ = false;
  bool over_ = false;
};

}  // namespace plimsoll::providers
