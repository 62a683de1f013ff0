#include "providers/own_key.h"

#include <fmt/format.h>

namespace plimsoll::providers {
namespace {

constexpr std::string_view kMask = "***";

void scrub(std::string& text, const Secret& secret) {
  constexpr std::size_t kShortestSecret = 6;
  const std::string& needle = secret.reveal();
  if (needle.size() < kShortestSecret) return;
  for (std::size_t at = 0; (at = text.find(needle, at)) != std::string::npos; at += kMask.size())
    text.replace(at, needle.size(), kMask);
}

}  // namespace

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

Error without_secrets(Error error, const Provider& provider, const Secret* clients) {
  const auto clean = [&](std::string& text) {
    scrub(text, provider.key);
    for (const auto& [name, value] : provider.headers) scrub(text, value);
    if (clients != nullptr) scrub(text, *clients);
  };
  clean(error.what);
  if (error.remote) {
    RemoteAnswer remote = *error.remote;
    clean(remote.body);
    error.remote = std::make_shared<const RemoteAnswer>(std::move(remote));
  }
  return error;
}

}  // namespace plimsoll::providers
