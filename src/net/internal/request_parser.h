#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_server.h"
#include "net/internal/refusal.h"

namespace plimsoll::net {

/// How the body is delimited and what the connection does afterwards.
struct Framing {
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool expects_continue = false;
  bool http_1_0 = false;
  bool keep_alive = true;
};

/// Reads a head that HeadScan passed: fills `head` (views into `bytes`; client
/// address and tls are not touched) and `framing`. Refuses every ambiguity in
/// framing, target and Host. Pure.
std::optional<Refusal> parse_request(std::string_view bytes, RequestHead& head, Framing& framing);

}  // namespace plimsoll::net
