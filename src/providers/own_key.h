#pragma once

#include "base/error.h"
#include "model/call.h"

namespace plimsoll::providers {

/// Whose credential an attempt carries.
enum class KeyOf : unsigned char { gateway, client };

KeyOf key_of(const Call& call) noexcept;

/// An upstream's error as its client should hear it. A refusal of our own key
/// loses the upstream's answer, because a 401 passed on would tell the client that
/// the client's key is wrong, and its hint names the provider. Every other error,
/// and a refusal of the client's own key, comes back as it is.
Error as_seen_by_client(Error error, const Provider& provider, KeyOf key);

/// `error` without our key, our header values and the client's credential (may be
/// null): a provider may quote what it refused, and that must reach neither a client
/// nor a log.
Error without_secrets(Error error, const Provider& provider, const Secret* clients);

}  // namespace plimsoll::providers
