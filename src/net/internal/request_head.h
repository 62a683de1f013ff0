#pragma once

#include <string>

#include "net/http_client.h"
#include "net/internal/proxy.h"

namespace plimsoll::net {

/// What the heads of all requests to one origin have in common.
struct RequestFrame {
  std::string target_prefix;  // base_path; scheme and authority before it for a plain proxy
  std::string fields;         // Host, Accept-Encoding, and the proxy's credentials

  static RequestFrame of(const Origin& origin, const std::optional<Proxy>& proxy);
};

/// Writes the head into `out`, which it clears. The fields that are the
/// client's are skipped in request.headers.
///
/// Errors
///   internal_bug   the method, the target or a field holds a byte that would
///                  end its line: the caller has not checked what it passes on
[[nodiscard]] Result<void> write_request_head(const ClientRequest& request,
                                              const RequestFrame& frame, std::string& out);

}  // namespace plimsoll::net
