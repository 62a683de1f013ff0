#pragma once

#include <string>
#include <vector>

#include "store/embedded/key_store.h"

namespace plimsoll::cli {

/// For people: one line a key. No secret, nor its hash, is in any of these.
std::string keys_table(const std::vector<store::StoredKey>& keys, WallTime now);
/// An array of objects; times are RFC 3339 in UTC, null means never.
std::string keys_json(const std::vector<store::StoredKey>& keys);

std::string changes_table(const std::vector<store::KeyChange>& changes);
std::string changes_json(const std::vector<store::KeyChange>& changes);

}  // namespace plimsoll::cli
