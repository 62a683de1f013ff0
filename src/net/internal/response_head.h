#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "net/headers.h"

namespace plimsoll::net {

/// What tells where a body ends.
enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

/// Which request a response answers: it decides whether a body follows.
enum class AnswerTo : std::uint8_t { other, head, connect };

/// A response head that passed the strict checks. Reusable: `parse` keeps the
/// capacity of `headers`. Views point into the parsed bytes.
struct ParsedResponseHead {
  int status = 0;
  bool keep_alive = false;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t length = 0;  // for BodyFraming::length
  Headers headers;
};

inline constexpr std::size_t kResponseHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kResponseHeadersMax = 256;

/// The size of the head that `bytes` begins with, blank line included; 0 while
/// it is incomplete. `from`: bytes before it were searched already.
std::size_t response_head_size(std::string_view bytes, std::size_t from = 0) noexcept;

/// Reads one whole head. 1xx heads are read like others and have no body.
///
/// Errors
///   upstream_malformed   not HTTP/1.x, a bare CR or LF, a folded line, both or
///                        contradicting framing fields, a coding other than
///                        chunked, more than kResponseHeadersMax fields
[[nodiscard]] Result<void> parse_response_head(std::string_view head, AnswerTo answer_to,
                                               ParsedResponseHead& out);

}  // namespace plimsoll::net
