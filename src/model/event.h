#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "model/answer.h"
#include "model/dialect.h"

namespace plimsoll {

/// One piece of a choice that a stream event brought.
struct Delta {
  enum class Kind : std::uint8_t {
    text,
    refusal,
    reasoning,
    signature,  // ends a thought and proves it
    redacted,   // a whole thought, as its cipher
    tool_id,
    tool_name,
    tool_arguments,
  };
  Kind kind = Kind::text;
  int choice = 0;
  int tool = 0;  // index of the tool call, for the tool kinds
  std::string text;
  bool operator==(const Delta&) const = default;
};

struct FinishMark {
  int choice = 0;
  Finish finish = Finish::none;
  bool operator==(const FinishMark&) const = default;
};

/// One unit of a reply on its way to the client.
struct Event {
  enum class Kind : std::uint8_t {
    whole,    // the complete body of an answer that is not streamed
    chunk,    // one stream event with deltas or finish marks
    usage,    // the stream event that carries usage and no choices
    done,     // the end mark of the stream
    comment,  // heartbeat; never content
    opaque,   // anything else; passed on as it is
  };
  Kind kind = Kind::opaque;
  Dialect dialect = Dialect::openai_chat;  // of `raw`
  /// The upstream's bytes, frame end included; forwarded untouched. Empty when a
  /// part of the event was taken away: then it is written anew.
  std::string raw;
  std::vector<Delta> deltas;
  std::vector<FinishMark> finishes;
  std::optional<Usage> usage;
  std::optional<Answer> whole;  // for Kind::whole, unless the call takes bytes only
  std::string model;            // as named by this event; "" when it names none

  /// True when a person would see something of it: text, refusal or tool call.
  bool has_content() const noexcept { return !deltas.empty() || kind == Kind::whole; }
};

/// A pulled sequence of events. `next` gives events, then nothing for ever.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// Waits for the next event; empty at a clean end. After an error the source
  /// is exhausted. One call at a time.
  ///
  /// Errors: the upstream_* kinds, deadline_exceeded, cancelled.
  [[nodiscard]] virtual Task<Result<std::optional<Event>>> next() = 0;

  /// True when `next` will give an event without waiting: whoever writes may
  /// put several into one write. False is always a right answer.
  virtual bool ready() const noexcept { return false; }
};

/// What a call was answered with. Whole answers are a sequence of one event.
struct Reply {
  int status = 200;
  bool streamed = false;
  /// Upstream headers that the client may see, lower-case names.
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<EventSource> events;
};

}  // namespace plimsoll
