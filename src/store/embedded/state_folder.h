#pragma once

#include <string>

#include "base/result.h"

namespace plimsoll::store {

/// `configured`, or where this user's programs keep state:
/// $XDG_STATE_HOME/plimsoll, else ~/.local/state/plimsoll.
///
/// Errors
///   storage_failed   nothing is configured and there is no home folder
[[nodiscard]] Result<std::string> state_folder(const std::string& configured);

/// The right to write in a state folder: one process at a time. The lock goes
/// with the process, however it ends.
class FolderLock {
 public:
  /// Creates the folder (mode 0700) when it is missing. Never waits.
  ///
  /// Errors
  ///   storage_failed   the folder cannot be made, or another process has it
  [[nodiscard]] static Result<FolderLock> take(const std::string& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace plimsoll::store
