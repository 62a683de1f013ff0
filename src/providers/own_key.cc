#include "providers/own_key.h"

#include <fmt/format.h>

namespace plimsoll::providers {

KeyOf key_of(const Call& call) noexcept {
  const bool passed = call.target.provider->pass_client_key && call.client_credential != nullptr;
  return passed ? KeyOf::client : KeyOf::gateway;
}

Error as_seen_by_client(Error error, const Provider& provider, KeyOf key) {
  if (error.kind != ErrorKind::upstream_credential || key == KeyOf::client) return error;
  error.what =
      fmt::format("provider \"{}\" refused the gateway's key: {}", provider.name, error.what);
  error.hint = fmt::format("the gateway's operator: check providers.{}.key", provider.name);
  error.remote = nullptr;
  return error;
}

}  // namespace plimsoll::providers
