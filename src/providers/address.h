#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "model/call.h"
#include "net/http_client.h"

/// What is spoken with a provider, where a request goes, and what proves who
/// sends it.
namespace plimsoll::providers {

/// The dialect that is spoken with `provider` for a client that speaks `client`.
Dialect spoken_with(const Provider& provider, Dialect client) noexcept;

/// The path of the request in `spoken`, put behind the origin's own: a literal where
/// it is always the same, else written into `made`, which must outlive the result.
std::string_view target_of(const Call& call, Dialect spoken, const net::Origin& origin,
                           std::string& made);

/// What of the client's request goes up besides its body; null unless `spoken` is
/// the client's own dialect.
const PassedOn* passed_on_of(const Call& call, Dialect spoken) noexcept;

/// How a key goes upstream. An empty value: no header is sent.
struct Credential {
  std::string_view header;  // a literal
  std::string value;
};
Credential credential_of(const Provider& provider, const Secret& key);

}  // namespace plimsoll::providers
