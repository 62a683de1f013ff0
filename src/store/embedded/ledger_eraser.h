#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace plimsoll::store {

/// Which calls to erase: all of these hold. At least one is set.
struct Erasure {
  std::optional<std::string> tenant;
  std::optional<WallTime> before;
};

/// Erases calls with all that belongs to them from the ledger in `folder`, also
/// while a server writes it: in small transactions, so that its rows do not wait
/// for long. What was erased is overwritten in the file. Returns how many calls.
/// A failure in between leaves whole calls, some of them erased.
///
/// Errors
///   request_invalid   nothing says which calls
///   storage_failed    there is no ledger, it is of another version, or the disk
///                     refuses
[[nodiscard]] Result<std::int64_t> erase_calls(const std::string& folder, const Erasure& which);

}  // namespace plimsoll::store
