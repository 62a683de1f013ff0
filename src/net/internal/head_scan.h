#pragma once

#include <cstddef>
#include <string_view>

#include "net/internal/refusal.h"

namespace plimsoll::net {

struct HeadLimits {
  std::size_t bytes_max = 64 * 1024;
  std::size_t fields_max = 128;
};

/// Finds the end of a request head and checks its form line by line, before a
/// parser sees it. Pure; judges whole lines only, so the verdict is the same
/// for every way of cutting the bytes.
class HeadScan {
 public:
  enum class Verdict : unsigned char { needs_more, complete, refused };

  explicit HeadScan(HeadLimits limits) noexcept : limits_(limits) {}

  /// `bytes` are all bytes since the head began, those of earlier calls
  /// included. After `complete` or `refused` call `reset` first.
  Verdict look(std::string_view bytes);

  /// After `complete`: the head is bytes [begin, end), its empty line included.
  std::size_t begin() const noexcept { return begin_; }
  std::size_t end() const noexcept { return line_; }

  const Refusal& refusal() const noexcept { return refusal_; }

  void reset() noexcept { *this = HeadScan(limits_); }

 private:
  enum class Line : unsigned char { good, last, bad };

  Line check_line(std::string_view line);
  Line check_request_line(std::string_view line);
  Line check_field(std::string_view line);
  Line refuse(const Refusal& refusal) noexcept;

  HeadLimits limits_;
  std::size_t begin_ = 0;    // of the request line
  std::size_t line_ = 0;     // of the first line that was not yet judged
  std::size_t scanned_ = 0;  // no LF between line_ and here
  std::size_t fields_ = 0;
  bool has_request_line_ = false;
  Refusal refusal_;
};

/// True if a byte stands in `text` that no header value may hold: a control byte
/// other than a tab.
bool has_control_byte(std::string_view text) noexcept;

/// The form of one field line without its CRLF, for heads and trailers alike:
/// a name, a colon right behind it, no control bytes, no folding. Empty = good.
std::string_view fault_of_field(std::string_view line) noexcept;

}  // namespace plimsoll::net
