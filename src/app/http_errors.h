#pragma once

#include "base/error.h"

namespace plimsoll::app {

/// The HTTP status a client gets for `error`: that of the upstream's own answer
/// where it gave one, else the table of this file.
int status_of(const Error& error) noexcept;

/// Whether the very same request has a chance later.
bool may_succeed_later(ErrorKind kind) noexcept;

}  // namespace plimsoll::app
