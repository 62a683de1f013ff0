#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/request.h"

/// The seam between dialects. A dialect is a folder of pure functions and one
/// row here; whoever needs it takes the row once, per front door and per
/// provider, and asks no further what it speaks.
namespace plimsoll::dialects {

/// A header as it arrived; names compare without case.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// What we change in a request before it goes upstream. Every other byte stays.
struct CallEdits {
  std::string_view model;                         // what the provider calls it
  std::optional<std::int64_t> output_tokens_max;  // lowers or sets the client's limit
  OutputLimitField output_limit_field = OutputLimitField::max_completion_tokens;  // where it is set
};

/// How an error is shown to a client.
struct ErrorFrame {
  std::string_view call_id;
  std::string_view stage;  // where it was refused; "" when it was not a stage
  bool retry = false;      // would the same request have a chance later?
};

/// Reads the stream of an upstream. The same bytes give the same events for
/// every cut: one Event per SSE frame. One thread at a time.
class EventDecoder {
 public:
  virtual ~EventDecoder() = default;

  virtual void feed(std::string_view bytes) = 0;

  /// The next event, or empty when more bytes are needed.
  ///
  /// Errors
  ///   upstream_malformed   a frame cannot be read, or is too long
  ///   the kinds of `classify`, for an in-band error
  [[nodiscard]] virtual Result<std::optional<Event>> next() = 0;

  /// Call at the end of the bytes, after `next` ran dry; then call `next` until it
  /// is dry again, then `verdict`.
  virtual void end_of_input() noexcept = 0;

  /// Whether the stream was complete.
  ///
  /// Errors
  ///   upstream_cut   it ended before its end mark
  [[nodiscard]] virtual Result<void> verdict() const = 0;
};

/// A dialect as both ends need it.
struct Codec {
  // Towards clients.
  Result<std::shared_ptr<const Request>> (*decode_call)(std::string body);
  void (*append_event)(std::string& out, const Event& event, const Request& request);
  std::string (*encode_error)(const Error& error, const ErrorFrame& frame);
  std::string (*encode_stream_error)(const Error& error, const ErrorFrame& frame);
  // Towards upstreams.
  std::string (*encode_call)(const Request& request, const CallEdits& edits);
  std::unique_ptr<EventDecoder> (*stream_decoder)();
  Result<Event> (*decode_whole)(std::string body);
  Error (*classify)(int status, const HeaderList& headers, std::string_view body);
};

/// The row of `dialect`; lives for ever.
const Codec& codec_of(Dialect dialect) noexcept;

}  // namespace plimsoll::dialects
