#include "store/embedded/state_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace plimsoll::store {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorKind::storage_failed,
                fmt::format("cannot make the state folder {}: {}", folder, error.message()),
                "name a folder this user may write in (ledger.folder)");
  // Only what we made ourselves: a folder that was there keeps its mode.
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return {};
}

/// Whom the lock file names; "" when it names nobody.
std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size() - 1, 0);
  std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  pid = pid.substr(0, pid.find('\n'));
  return pid.empty() ? std::string() : fmt::format(" (process {})", pid);
}

void name_holder(int descriptor) {
  const std::string pid = fmt::format("{}\n", getpid());
  // Only a help for people; the lock itself is the kernel's.
  if (ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = pwrite(descriptor, pid.data(), pid.size(), 0);
}

}  // namespace

Result<std::string> state_folder(const std::string& configured) {
  if (!configured.empty()) return configured;
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty())
    return state + "/plimsoll";
  if (const std::string home = environment("HOME"); !home.empty())
    return home + "/.local/state/plimsoll";
  return fail(ErrorKind::storage_failed, "there is no home folder to keep the ledger in",
              "set ledger.folder, or HOME");
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return std::unexpected(std::move(made).error());
  const std::string path = folder + "/lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(ErrorKind::storage_failed,
                fmt::format("cannot open {}: {}", path, std::strerror(errno)),
                "name a folder this user may write in (ledger.folder)");
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = holder_of(descriptor);
    close(descriptor);
    return fail(ErrorKind::storage_failed,
                fmt::format("the state folder {} is in use by another plimsoll{}", folder, holder),
                "stop that one, or give this one a folder of its own (ledger.folder)");
  }
  name_holder(descriptor);
  return FolderLock(descriptor);
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace plimsoll::store
