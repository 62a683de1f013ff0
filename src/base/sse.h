#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll {

/// One event of a text/event-stream. Views point into the reader and are valid
/// until its next `feed` or `next`.
struct SseFrame {
  std::string_view raw;       // every byte of the frame, its blank line included
  std::string_view event;     // "" when there was no `event:` line
  std::string_view data;      // `data:` lines joined by '\n'; "" for a comment
  bool comment_only = false;  // neither `data:` nor `event:` line; a lone blank line too
};

/// Cuts a byte stream into frames (WHATWG HTML, "server-sent events"; lines end
/// in LF, CR or CRLF, a leading BOM is dropped). The same bytes give the same
/// frames for every way of cutting them. The concatenation of all `raw` and the
/// `rest` equals the input.
class SseReader {
 public:
  static constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;

  void feed(std::string_view bytes);

  /// The next whole frame, or empty when more bytes are needed.
  ///
  /// Errors
  ///   upstream_malformed   a frame is longer than kFrameBytesMax
  [[nodiscard]] Result<std::optional<SseFrame>> next();

  /// Call when the stream has ended: a CR that may have been half of a CRLF is
  /// then a line end. Afterwards `next` gives what became whole.
  void end_of_input() noexcept { ended_ = true; }

  /// Bytes of a frame that was begun and not ended.
  std::string_view rest() const noexcept;

 private:
  std::optional<std::size_t> frame_end() noexcept;
  SseFrame read(std::string_view raw);
  void add_data(SseFrame& frame, std::string_view line, int nth);
  bool first_line() const noexcept { return at_start_ && line_begin_ == begin_; }

  std::string buffer_;
  std::string data_;
  std::size_t begin_ = 0;       // first byte of the frame in progress
  std::size_t line_begin_ = 0;  // first byte of the line in progress
  std::size_t scanned_ = 0;     // no line end before this one has been missed
  bool at_start_ = true;        // no frame has been given: a BOM may stand here
  bool ended_ = false;
};

}  // namespace plimsoll
