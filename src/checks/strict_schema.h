#pragma once

#include "base/json.h"

namespace plimsoll::checks {

/// True when `schema` keeps to what the strict modes of providers take alike: every
/// object lists its properties, requires all of them and allows no other; nothing
/// but type, properties, required, items, enum, const, anyOf, references into its
/// own $defs, title and description. When in doubt false. Pure.
bool keeps_strict_rules(const json::Value& schema) noexcept;

}  // namespace plimsoll::checks
