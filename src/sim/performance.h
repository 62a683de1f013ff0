#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll::sim {

/// Bytes of a body, and the time to let pass before they are sent.
struct Beat {
  std::chrono::nanoseconds wait{};
  std::string bytes;
};

/// How an answer ends.
enum class End : std::uint8_t {
  finish,  // as HTTP says
  close,   // connection closed (FIN); a chunked body lacks its last chunk
  reset,   // connection reset (RST)
  hang,    // nothing more is sent; the connection stays open until the peer leaves
};
std::string_view to_string(End end) noexcept;

/// One answer to the last byte, ready to be played on a connection. Decided
/// answers, scripted steps and recorded exchanges all become one of these.
struct Performance {
  std::chrono::nanoseconds wait{};  // before the first byte
  int status = 200;                 // 0: no head is sent; only `end` happens
  std::vector<std::pair<std::string, std::string>> headers{};
  /// Whole: the beats are one body with Content-Length. Otherwise each beat is a
  /// chunk of its own.
  bool whole = true;
  std::vector<Beat> beats{};
  End end = End::finish;
  std::string raw{};  // if not empty: sent as it is instead of all of the above
};

/// Keeps the first `bytes` of the body; what is left is sent in chunks.
void cut_after(Performance& performance, std::size_t bytes, End end);

}  // namespace plimsoll::sim
