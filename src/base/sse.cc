// Grammar (WHATWG HTML, section 9.2.5):
//   stream  = [ bom ] *frame
//   frame   = *( comment / field ) end-of-line
//   comment = ":" *any-char end-of-line
//   field   = 1*name-char [ ":" [ space ] *any-char ] end-of-line
//   end-of-line = CR LF / CR / LF
#include "base/sse.h"

#include <fmt/format.h>

namespace plimsoll {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// The field's value if `line` is the field `name`.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return {};
  line.remove_prefix(name.size());
  if (line.empty()) return line;
  if (line.front() != ':') return {};
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

/// Takes the first line off `lines`, its line end included.
std::string_view take_line(std::string_view& lines) {
  std::size_t end = 0;
  while (end < lines.size() && lines[end] != '\n' && lines[end] != '\r') ++end;
  const std::string_view line = lines.substr(0, end);
  std::size_t next = end;
  if (lines.substr(end).starts_with("\r\n"))
    next += 2;
  else if (end < lines.size())
    next += 1;
  lines.remove_prefix(next);
  return line;
}

}  // namespace

void SseReader::feed(std::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    line_begin_ -= begin_;
    begin_ = 0;
  }
  buffer_ += bytes;
}

std::string_view SseReader::rest() const noexcept {
  return std::string_view(buffer_).substr(begin_);
}

std::optional<std::size_t> SseReader::frame_end() noexcept {
  while (scanned_ < buffer_.size()) {
    const char c = buffer_[scanned_];
    if (c != '\n' && c != '\r') {
      ++scanned_;
      continue;
    }
    std::size_t next = scanned_ + 1;
    if (c == '\r') {
      if (next == buffer_.size() && !ended_) return {};  // it may be half of a CRLF
      if (next < buffer_.size() && buffer_[next] == '\n') ++next;
    }
    const bool blank = scanned_ == line_begin_ ||
                       (first_line() && scanned_ == kBom.size() && rest().starts_with(kBom));
    scanned_ = line_begin_ = next;
    if (blank) return next;
  }
  return {};
}

Result<std::optional<SseFrame>> SseReader::next() {
  const auto end = frame_end();
  const std::size_t length = (end ? *end : buffer_.size()) - begin_;
  if (length > kFrameBytesMax) {
    scanned_ = line_begin_ = begin_;  // so that it stays an error
    return fail(ErrorKind::upstream_malformed,
                fmt::format("an event of the stream is longer than {} bytes", kFrameBytesMax));
  }
  if (!end) return std::nullopt;
  const SseFrame frame = read(std::string_view(buffer_).substr(begin_, length));
  begin_ = *end;
  at_start_ = false;
  return frame;
}

SseFrame SseReader::read(std::string_view raw) {
  SseFrame frame{.raw = raw};
  std::string_view lines = raw;
  if (at_start_ && lines.starts_with(kBom)) lines.remove_prefix(kBom.size());
  int data_lines = 0;
  bool event_line = false;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (const auto data = value_of(line, "data")) {
      add_data(frame, *data, ++data_lines);
    } else if (const auto event = value_of(line, "event")) {
      frame.event = *event;
      event_line = true;
    }
  }
  if (data_lines > 1) frame.data = data_;
  frame.comment_only = data_lines == 0 && !event_line;
  return frame;
}

/// One line, the usual case, stays where it is; several are joined in `data_`.
void SseReader::add_data(SseFrame& frame, std::string_view line, int nth) {
  if (nth == 1) {
    frame.data = line;
    return;
  }
  if (nth == 2) data_.assign(frame.data);
  data_ += '\n';
  data_ += line;
}

}  // namespace plimsoll
