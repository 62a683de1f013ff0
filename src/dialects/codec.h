#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/correction.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/prompt.h"
#include "model/request.h"

/// The seam between dialects. A dialect is a folder of pure functions and one
/// row here; whoever needs it takes the row once, per front door and per
/// provider, and asks no further what it speaks.
namespace plimsoll::dialects {

/// A header as it arrived; names compare without case.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// What a rung of the ladder wants otherwise than the client. Only what the model
/// takes stands here.
struct RungEdits {
  std::optional<double> temperature;
  std::optional<std::int64_t> seed;
  const Correction* correction = nullptr;
  bool any() const noexcept { return temperature || seed || correction != nullptr; }
};

/// What we change in a request before it goes upstream. Every other byte stays.
struct CallEdits {
  std::string_view model;                         // what the provider calls it
  std::optional<std::int64_t> output_tokens_max;  // lowers or sets the client's limit
  OutputLimitField output_limit_field = OutputLimitField::max_completion_tokens;  // where it is set
  bool ask_usage = true;              // of a stream, where a dialect has a field that asks for it
  std::int64_t model_output_max = 0;  // what the model can give; 0: unknown. For dialects
                                      // that must state a limit
  RungEdits rung{};
};

/// How an error is shown to a client.
struct ErrorFrame {
  std::string_view call_id;
  std::string_view stage;  // where it was refused; "" when it was not a stage
  bool retry = false;      // would the same request have a chance later?
  // Of a stream that had begun, for dialects that name them in its last events.
  std::int64_t created = 0;  // seconds since 1970
  std::int64_t frames = 0;   // how many events the client got before
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

/// What a reply that is written in other words than the upstream's must name.
struct ReplyFrame {
  std::string_view call_id;
  std::int64_t created = 0;  // seconds since 1970
  bool usage_asked = false;
  const Request* request = nullptr;  // for answers that repeat what was asked; must outlive them
};

/// Writes a reply in its dialect from the neutral part of events, whatever dialect
/// they came in. One per reply, in the order of events.
class ReplyEncoder {
 public:
  virtual ~ReplyEncoder() = default;
  /// Appends what the client gets for `event`; nothing for many.
  virtual void append(std::string& out, const Event& event) = 0;
  /// Appends the end of a stream that was complete, unless an event brought it:
  /// some upstreams send no end mark. Call once, after the last event.
  virtual void end(std::string& out) = 0;
  /// How many events were written so far, in dialects that number them.
  virtual std::int64_t frames() const noexcept { return 0; }
};

/// A dialect as both ends need it. What never happens is null: a dialect without a
/// front door has no clients, one that only passes has no words for other prompts.
struct Codec {
  Dialect dialect;
  // Towards clients. `append_event` is for events of this dialect.
  Result<std::shared_ptr<const Request>> (*decode_call)(std::string body);
  Result<Prompt> (*read_prompt)(const Request& request);
  void (*append_event)(std::string& out, const Event& event, const Request& request);
  std::unique_ptr<ReplyEncoder> (*reply_encoder)(const ReplyFrame& frame);
  std::string (*encode_error)(const Error& error, const ErrorFrame& frame);
  std::string (*encode_stream_error)(const Error& error, const ErrorFrame& frame);
  int (*shown_status)(int status, ErrorKind kind) noexcept;
  // Towards upstreams. `encode_call` is for requests of this dialect.
  std::string (*encode_call)(const Request& request, const CallEdits& edits);
  Result<std::string> (*write_call)(const Prompt& prompt, const CallEdits& edits,
                                    std::vector<std::string>& dropped);
  /// A body of this dialect with `edits.rung`; null where the dialect cannot yet.
  std::string (*edit_call)(std::string body, const CallEdits& edits,
                           std::vector<std::string>& dropped);
  std::unique_ptr<EventDecoder> (*stream_decoder)();
  Result<Event> (*decode_whole)(std::string body);
  /// The same for an answer that nobody reads: may leave `Event::whole` out.
  Result<Event> (*decode_unread)(std::string body);
  Error (*classify)(int status, const HeaderList& headers, std::string_view body);
};

/// A client's request as an upstream of `to` gets it: its own bytes with `edits`
/// where it speaks `to`, else written anew; in both cases with the edits of the
/// rung. Fields that have no place there are named in `dropped`.
///
/// Errors
///   request_invalid   it asks for what cannot be carried over
[[nodiscard]] Result<std::string> body_for(const Codec& to, const Request& request,
                                           const CallEdits& edits,
                                           std::vector<std::string>& dropped);

/// The row of `dialect`; lives for ever.
const Codec& codec_of(Dialect dialect) noexcept;

}  // namespace plimsoll::dialects
