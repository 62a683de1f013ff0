#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sse.h"
#include "base/time.h"

namespace plimsoll::eval {

/// How one request of a load run ended.
enum class LoadOutcome : std::uint8_t {
  ok,
  http_error,   // a status of 400 or more
  unreachable,  // no connection, or reset before an answer
  timed_out,    // no whole answer before its deadline
  cut,          // the connection broke inside the answer
  truncated,    // the answer ended cleanly with neither [DONE] nor a finish_reason
  malformed,    // an event or the body is not what the API says
  error_event,  // status 200, and an error inside
  not_sent,     // too many in flight already
  stopped,      // the run was stopped first: not a failure
};
inline constexpr std::size_t kLoadOutcomes = 10;
std::string_view to_string(LoadOutcome outcome) noexcept;

/// The outcome that a transport error means.
LoadOutcome outcome_of(const Error& error) noexcept;

/// Reads one answer of status 2xx and judges whether it is whole. Own reading:
/// what a client library would let pass as success is a failure here.
class LoadReading {
 public:
  enum class Form : std::uint8_t { whole, stream };
  static constexpr std::size_t kBodyBytesMax = 32 * 1024 * 1024;

  /// `document` is borrowed for parsing and must outlive the reading.
  LoadReading(Form form, json::Document& document) : form_(form), document_(document) {}

  void feed(std::string_view bytes, Deadline now);
  /// The body has come to its clean end. Gives the outcome.
  LoadOutcome finish(Deadline now);

  /// What had gone wrong so far; `ok` when nothing.
  LoadOutcome so_far() const noexcept { return outcome_; }
  bool has_content() const noexcept { return !content_at_.empty(); }
  /// When events with content came; of a whole answer, its end.
  const std::vector<Deadline>& content_at() const noexcept { return content_at_; }
  bool saw_done() const noexcept { return done_; }
  std::int64_t completion_tokens() const noexcept { return completion_tokens_; }
  /// The text of the first choice.
  const std::string& text() const noexcept { return text_; }

 private:
  void read_frames(Deadline now);
  void read_event(std::string_view data, Deadline now);
  void read_choices(const json::Value& root, std::string_view holder, Deadline now);
  void read_usage(const json::Value& root);
  void read_whole(Deadline now);

  Form form_;
  json::Document& document_;
  SseReader frames_;
  std::string body_;
  std::string text_;
  std::vector<Deadline> content_at_;
  std::int64_t completion_tokens_ = 0;
  LoadOutcome outcome_ = LoadOutcome::ok;
  bool done_ = false, finished_ = false;
};

}  // namespace plimsoll::eval
