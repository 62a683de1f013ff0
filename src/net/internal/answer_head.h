#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace plimsoll::net {

/// What the server adds to a response head.
struct AnswerFraming {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;
};

/// Appends status line, fields and the empty line. Fields that are the server's
/// own are left out of `head`'s; a control byte in a value becomes a space.
void append_answer_head(std::string& out, const ResponseHead& head, const AnswerFraming& framing);

/// True if an answer of this status has no body by definition.
bool has_no_body(int status) noexcept;

/// Appends one chunk. `bytes` must not be empty.
void append_chunk(std::string& out, std::string_view bytes);

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kLeadingZero = "0";  // of the size of the next chunk
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace plimsoll::net
