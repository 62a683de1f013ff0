#pragma once

#include <string_view>

#include "base/error.h"

namespace plimsoll::config {

/// What a person can do when an error of this kind comes up: a sentence or two.
std::string_view remedy_of(ErrorKind kind) noexcept;

}  // namespace plimsoll::config
